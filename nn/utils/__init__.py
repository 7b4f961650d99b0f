"""What models need beside layers: limits on gradients, packed sequences, parameters as one vector, fused layers."""

from nn.utils import rnn as rnn
from nn.utils.clip_grad import clip_grad_norm_ as clip_grad_norm_
from nn.utils.clip_grad import clip_grad_value_ as clip_grad_value_
from nn.utils.clip_grad import clip_grads_with_norm_ as clip_grads_with_norm_
from nn.utils.clip_grad import get_total_norm as get_total_norm
from nn.utils.convert_parameters import parameters_to_vector as parameters_to_vector
from nn.utils.convert_parameters import vector_to_parameters as vector_to_parameters
from nn.utils.fusion import fuse_conv_bn_eval as fuse_conv_bn_eval
from nn.utils.fusion import fuse_conv_bn_weights as fuse_conv_bn_weights
from nn.utils.fusion import fuse_linear_bn_eval as fuse_linear_bn_eval
from nn.utils.fusion import fuse_linear_bn_weights as fuse_linear_bn_weights
from nn.utils.init import skip_init as skip_init

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "fuse_conv_bn_eval",
    "fuse_conv_bn_weights",
    "fuse_linear_bn_eval",
    "fuse_linear_bn_weights",
    "get_total_norm",
    "parameters_to_vector",
    "rnn",
    "skip_init",
    "vector_to_parameters",
]
