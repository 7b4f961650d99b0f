"""twingrad: reverse-mode automatic differentiation on NumPy and CUDA arrays, with PyTorch's names. (interim exports)"""
from __future__ import annotations
import importlib as _il
from pathlib import Path as _P
from autograd import tensor as _t
for _m in ["dtype","device","errors","grad_mode","op","creation","random","printing","function","anomaly","gradcheck","autograd","func","serialization"] + ["ops."+p.stem for p in sorted((_P(__file__).parent/"ops").glob("*.py")) if p.stem not in ("__init__","arguments")]:
    if not (_P(__file__).parent/(_m.replace(".","/")+".py")).exists(): continue
    try:
        _mod=_il.import_module("autograd."+_m)
    except ImportError as _e:
        import sys as _s; print("interim autograd/__init__:",_m,_e,file=_s.stderr); continue
    for _k,_v in list(vars(_mod).items()):
        if _k.startswith("_") or _v.__class__.__name__=="module": continue
        if (getattr(_v,"__module__","") or "").startswith("autograd") or _v.__class__.__name__=="dtype": globals().setdefault(_k,_v)
from autograd.tensor import Tensor, Size
from autograd.dtype import *
long=int64; double=float64; half=float16; short=int16
globals().update(float=float32,int=int32,bool=bool_)
