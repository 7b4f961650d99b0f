"""Recurrent layers, at PyTorch's place: see ``recurrent``."""

from __future__ import annotations

from nn.modules.recurrent import GRU as GRU
from nn.modules.recurrent import LSTM as LSTM
from nn.modules.recurrent import RNN as RNN
from nn.modules.recurrent import GRUCell as GRUCell
from nn.modules.recurrent import LSTMCell as LSTMCell
from nn.modules.recurrent import RNNBase as RNNBase
from nn.modules.recurrent import RNNCell as RNNCell
from nn.modules.recurrent import RNNCellBase as RNNCellBase
