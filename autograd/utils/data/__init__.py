"""Datasets, samplers and the loader, as ``torch.utils.data``."""

from __future__ import annotations

from autograd.utils.data.collate import default_collate as default_collate
from autograd.utils.data.collate import default_convert as default_convert
from autograd.utils.data.dataloader import DataLoader as DataLoader
from autograd.utils.data.dataset import ChainDataset as ChainDataset
from autograd.utils.data.dataset import ConcatDataset as ConcatDataset
from autograd.utils.data.dataset import Dataset as Dataset
from autograd.utils.data.dataset import IterableDataset as IterableDataset
from autograd.utils.data.dataset import StackDataset as StackDataset
from autograd.utils.data.dataset import Subset as Subset
from autograd.utils.data.dataset import TensorDataset as TensorDataset
from autograd.utils.data.dataset import random_split as random_split
from autograd.utils.data.distributed import DistributedSampler as DistributedSampler
from autograd.utils.data.sampler import BatchSampler as BatchSampler
from autograd.utils.data.sampler import RandomSampler as RandomSampler
from autograd.utils.data.sampler import Sampler as Sampler
from autograd.utils.data.sampler import SequentialSampler as SequentialSampler
from autograd.utils.data.sampler import SubsetRandomSampler as SubsetRandomSampler
from autograd.utils.data.sampler import WeightedRandomSampler as WeightedRandomSampler
from autograd.utils.data.worker import WorkerInfo as WorkerInfo
from autograd.utils.data.worker import get_worker_info as get_worker_info

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerInfo",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]
