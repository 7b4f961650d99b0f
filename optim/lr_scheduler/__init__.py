"""Learning-rate schedules, under the names of ``torch.optim.lr_scheduler``."""

from optim.lr_scheduler.base import LRScheduler as LRScheduler
from optim.lr_scheduler.base import LRScheduler as _LRScheduler  # noqa: F401  as older programs call it
from optim.lr_scheduler.combined import ChainedScheduler as ChainedScheduler
from optim.lr_scheduler.combined import SequentialLR as SequentialLR
from optim.lr_scheduler.cosine import CosineAnnealingLR as CosineAnnealingLR
from optim.lr_scheduler.cosine import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from optim.lr_scheduler.cyclic import CyclicLR as CyclicLR
from optim.lr_scheduler.cyclic import OneCycleLR as OneCycleLR
from optim.lr_scheduler.decay import ConstantLR as ConstantLR
from optim.lr_scheduler.decay import ExponentialLR as ExponentialLR
from optim.lr_scheduler.decay import LinearLR as LinearLR
from optim.lr_scheduler.decay import MultiStepLR as MultiStepLR
from optim.lr_scheduler.decay import PolynomialLR as PolynomialLR
from optim.lr_scheduler.decay import StepLR as StepLR
from optim.lr_scheduler.functions import LambdaLR as LambdaLR
from optim.lr_scheduler.functions import MultiplicativeLR as MultiplicativeLR
from optim.lr_scheduler.plateau import ReduceLROnPlateau as ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
