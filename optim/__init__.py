"""Update rules and learning-rate schedules, under the names of ``torch.optim``."""

from optim import lr_scheduler as lr_scheduler
from optim import swa_utils as swa_utils
from optim.adadelta import Adadelta as Adadelta
from optim.adafactor import Adafactor as Adafactor
from optim.adagrad import Adagrad as Adagrad
from optim.adam import Adam as Adam
from optim.adamax import Adamax as Adamax
from optim.adamw import AdamW as AdamW
from optim.asgd import ASGD as ASGD
from optim.lbfgs import LBFGS as LBFGS
from optim.muon import Muon as Muon
from optim.nadam import NAdam as NAdam
from optim.optimizer import Optimizer as Optimizer
from optim.radam import RAdam as RAdam
from optim.rmsprop import RMSprop as RMSprop
from optim.rprop import Rprop as Rprop
from optim.sgd import SGD as SGD
from optim.sparse_adam import SparseAdam as SparseAdam

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
    "swa_utils",
]
