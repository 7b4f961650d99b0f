"""Sentences about installations that cannot work."""

from __future__ import annotations

from importlib import metadata
from types import SimpleNamespace

import pytest

from backends.cuda import install

BOTH = "pip install 'twingrad[cuda12]' or pip install 'twingrad[cuda13]'"


def test_distributions_of_cupy() -> None:
    assert install.flavours(["cupy", "CuPy_CUDA12x", "cupy-cuda13x", "cupyx-tools", "numpy"]) == [
        "cupy",
        "cupy-cuda12x",
        "cupy-cuda13x",
    ]
    here = {d.metadata["Name"] for d in metadata.distributions()}
    assert install.flavours() == sorted(name for name in here if name == "cupy" or name.startswith("cupy-cuda"))


def test_two_of_them() -> None:
    assert install.two_flavours(["cupy-cuda12x", "cupy-cuda13x"]) == (
        "cuda: cupy-cuda12x and cupy-cuda13x are installed over each other. Remove all of them and install one: "
        f"pip uninstall -y cupy-cuda12x cupy-cuda13x, then {BOTH}"
    )
    assert install.two_flavours([]) == ""


NEWER = "cuda: CuPy is built for CUDA 13.2, but the driver runs "
VERSIONS = [
    (13020, 13020, ""),
    (13020, 13000, ""),  # minor versions of one major go together
    (12090, 13020, ""),  # a driver runs what is older
    (13020, 0, ""),  # no driver: another sentence says so
    (13020, 12080, f"{NEWER}12.8 at most. Exchange it: pip uninstall -y cupy-cuda13x, then pip install 'twingrad[cuda12]'"),
    (13020, 11040, f"{NEWER}11.4 at most. Update the driver to one for CUDA 12 or newer"),
]  # fmt: skip


@pytest.mark.parametrize("runtime, driver, text", VERSIONS)
def test_a_driver_that_is_too_old(runtime, driver, text) -> None:
    assert install.wrong_flavour(runtime, driver) == text


def cupy(nvrtc: Exception | None = None, path: str | None = "/usr/local/cuda") -> SimpleNamespace:
    def version() -> tuple[int, int]:
        if nvrtc is not None:
            raise nvrtc
        return 13, 2

    cuda = SimpleNamespace(
        runtime=SimpleNamespace(runtimeGetVersion=lambda: 13020),
        nvrtc=SimpleNamespace(getVersion=version),
        get_cuda_path=lambda: path,
    )
    return SimpleNamespace(cuda=cuda)


def test_what_compiles_kernels_is_missing(monkeypatch) -> None:
    assert install.missing_parts(cupy()) == ""
    assert install.missing_parts(cupy(RuntimeError("libnvrtc.so.13 not found"))) == (
        "cuda: CuPy is installed without NVRTC, which compiles kernels (RuntimeError: libnvrtc.so.13 not found). "
        "Install it: pip install 'twingrad[cuda13]'"
    )

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    assert install.missing_parts(cupy(path=None)) == (
        "cuda: CuPy is installed without CUDA's headers, which CuPy's kernels include. "
        "Install it: pip install 'twingrad[cuda13]'"
    )
    monkeypatch.setattr(metadata, "version", lambda name: "13.2")
    assert install.missing_parts(cupy(path=None)) == ""
