"""The names that count, by tier: what any user of PyTorch expects, and what a full engine has.

They are those of PyTorch's own tables of operations, layers, optimisers and schedulers. An operation of the table may be a
method only: ``uniform`` stands for ``Tensor.uniform_``.
"""

from __future__ import annotations

TIERS: dict[int, dict[str, str]] = {  # of each place the names, separated by white space
    1: {
        "torch": """
            T abs acos add addmm all allclose amax amin any arange argmax argmin argsort asin atan atan2 baddbmm
            bernoulli bitwise_and bitwise_not bitwise_or bmm bool broadcast_to cat ceil chunk clamp clamp_max
            clamp_min clone contiguous cos cosh count_nonzero cross cumprod cumsum diag diagonal div dot double
            einsum empty empty_like eq equal erf exp expand expand_as expm1 eye fill flatten flip float floor
            floor_divide fmod full full_like gather ge gt half hstack index_add index_put index_select int isclose
            isfinite isinf isnan item kron le lerp linspace log log10 log1p log2 log_softmax logical_and logical_not
            logical_or logical_xor logsumexp long lt mT masked_fill masked_select matmul max maximum mean median
            meshgrid min minimum mm movedim mul multinomial mv nan_to_num narrow ne neg new_empty new_full new_ones
            new_zeros nonzero norm normal ones ones_like outer permute pow prod rand_like randint randn randn_like
            reciprocal remainder repeat repeat_interleave reshape reshape_as roll round rsqrt scatter scatter_add
            select sigmoid sign sin sinh softmax sort split sqrt square squeeze stack std sub sum t take_along_dim
            tan tanh tensordot tile to topk trace transpose tril triu true_divide trunc unbind unflatten uniform
            unique unsqueeze var view view_as vstack where zero_ zeros zeros_like
        """,
        "Tensor": """
            __getitem__ __radd__ __rdiv__ __rmatmul__ __rmul__ __rpow__ __rsub__
        """,
        "torch.linalg": """
            cholesky det eigh inv lstsq matrix_norm norm pinv qr slogdet solve svd vector_norm
        """,
        "F": """
            adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d avg_pool1d avg_pool2d avg_pool3d batch_norm
            binary_cross_entropy binary_cross_entropy_with_logits conv1d conv2d conv3d conv_transpose1d
            conv_transpose2d cosine_embedding_loss cosine_similarity cross_entropy dropout dropout2d elu embedding
            gelu glu group_norm hardsigmoid hardswish hardtanh huber_loss instance_norm interpolate kl_div l1_loss
            layer_norm leaky_relu linear logsigmoid margin_ranking_loss max_pool1d max_pool2d max_pool3d mish
            mse_loss multi_head_attention_forward nll_loss normalize one_hot pad pairwise_distance pixel_shuffle
            prelu relu relu6 rms_norm scaled_dot_product_attention selu silu smooth_l1_loss softplus
            triplet_margin_loss unfold
        """,
        "nn": """
            AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool2d AvgPool1d AvgPool2d AvgPool3d BCELoss
            BCEWithLogitsLoss BatchNorm1d BatchNorm2d BatchNorm3d Bilinear Buffer ConstantPad2d Conv1d Conv2d Conv3d
            ConvTranspose1d ConvTranspose2d ConvTranspose3d CosineEmbeddingLoss CosineSimilarity CrossEntropyLoss
            Dropout Dropout1d Dropout2d ELU Embedding Flatten Fold GELU GLU GRU GRUCell GroupNorm Hardsigmoid
            Hardswish Hardtanh HuberLoss Identity InstanceNorm1d InstanceNorm2d InstanceNorm3d KLDivLoss L1Loss LSTM
            LSTMCell LayerNorm LeakyReLU Linear LogSigmoid LogSoftmax MSELoss MarginRankingLoss MaxPool1d MaxPool2d
            MaxPool3d Mish Module ModuleDict ModuleList MultiheadAttention NLLLoss PReLU PairwiseDistance Parameter
            ParameterDict ParameterList PixelShuffle RMSNorm RNN RNNCell ReLU ReLU6 ReflectionPad1d ReflectionPad2d
            ReplicationPad2d SELU Sequential SiLU Sigmoid SmoothL1Loss Softmax Softplus Tanh Transformer
            TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer TripletMarginLoss
            Unflatten Unfold Upsample ZeroPad2d
        """,
        "optim": """
            Adagrad Adam AdamW LBFGS RMSprop SGD
        """,
        "optim.lr_scheduler": """
            ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts ExponentialLR LambdaLR LinearLR MultiStepLR
            OneCycleLR ReduceLROnPlateau SequentialLR StepLR
        """,
    },
    2: {
        "torch": """
            H acosh addbmm addcdiv addcmul addmv addr aminmax angle argwhere as_strided asinh atanh atleast_1d
            atleast_2d atleast_3d bincount bitwise_left_shift bitwise_right_shift bitwise_xor block_diag
            broadcast_shapes broadcast_tensors bucketize byte cartesian_prod cdist char cholesky cholesky_solve
            column_stack combinations complex conj copysign corrcoef cov cummax cummin cumulative_trapezoid deg2rad
            diag_embed diagflat diagonal_scatter diff digamma dist dsplit dstack erfc erfinv exp2 exponential fliplr
            flipud float_power fmax fmin frac gcd gradient heaviside histc histogram hsplit hypot imag index_copy
            index_fill index_reduce inner isin isneginf isposinf isreal istft kthvalue lcm ldexp lgamma logaddexp
            logaddexp2 logcumsumexp logdet logit logspace lu_solve lu_unpack mH masked_scatter matrix_exp mode msort
            nanmean nanmedian nanquantile nansum polar polygamma positive put quantile rad2deg randint_like ravel
            real renorm rot90 rsub scatter_reduce searchsorted select_scatter sgn short signbit sinc slice_scatter
            split_with_sizes std_mean stft sum_to_size svd take tensor_split trapezoid trapz tril_indices
            triu_indices unfold unique_consecutive var_mean vdot view_as_complex view_as_real vsplit xlogy
        """,
        "Tensor": """
            __rand__ __rmod__ __ror__ __rxor__
        """,
        "torch.linalg": """
            cond cross diagonal eig eigvals eigvalsh lu lu_factor lu_solve matrix_power matrix_rank multi_dot
            solve_triangular svdvals tensorinv tensorsolve vander vecdot
        """,
        "torch.fft": """
            fft fft2 fftn fftshift ifft ifft2 ifftn ifftshift irfft irfft2 irfftn rfft rfft2 rfftn
        """,
        "torch.special": """
            entr log_ndtr ndtr ndtri xlog1py
        """,
        "F": """
            adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool3d alpha_dropout bilinear celu channel_shuffle
            conv_transpose3d ctc_loss dropout3d embedding_bag gaussian_nll_loss grid_sample hardshrink
            hinge_embedding_loss local_response_norm max_unpool1d max_unpool2d max_unpool3d multi_margin_loss
            multilabel_margin_loss multilabel_soft_margin_loss pdist pixel_unshuffle poisson_nll_loss rrelu
            soft_margin_loss softmin softshrink softsign tanhshrink threshold triplet_margin_with_distance_loss
        """,
        "nn": """
            AdaptiveAvgPool3d AdaptiveLogSoftmaxWithLoss AdaptiveMaxPool1d AdaptiveMaxPool3d AlphaDropout Bilinear
            CELU CTCLoss ChannelShuffle CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad3d
            Dropout3d EmbeddingBag FeatureAlphaDropout Fold GaussianNLLLoss Hardshrink HingeEmbeddingLoss LPPool1d
            LPPool2d LPPool3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d
            LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d
            LazyInstanceNorm3d LazyLinear LocalResponseNorm MaxUnpool1d MaxUnpool2d MaxUnpool3d MultiLabelMarginLoss
            MultiLabelSoftMarginLoss MultiMarginLoss ParameterDict PixelUnshuffle PoissonNLLLoss RReLU
            ReflectionPad3d ReplicationPad1d ReplicationPad3d SoftMarginLoss Softmax2d Softmin Softshrink Softsign
            Tanhshrink Threshold TripletMarginWithDistanceLoss UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d
            ZeroPad3d
        """,
        "optim": """
            ASGD Adadelta Adafactor Adamax Muon NAdam RAdam Rprop
        """,
        "optim.lr_scheduler": """
            ChainedScheduler CyclicLR MultiplicativeLR PolynomialLR SWALR
        """,
    },
}
