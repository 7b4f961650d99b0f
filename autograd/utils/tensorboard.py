"""Curves, pictures and texts of a training run in files that TensorBoard shows: ``torch.utils.tensorboard``.

Needs the package tensorboard (``pip install 'twingrad[tensorboard]'``), pictures also Pillow, figures Matplotlib.
"""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

import numpy as np

__all__ = ["SummaryWriter"]

# What TensorBoard calls the kinds of options, and the fields that hold them.
_KINDS: dict[type, Any] = {
    str: ("DATA_TYPE_STRING", "string_value"), bool: ("DATA_TYPE_BOOL", "bool_value"),
    float: ("DATA_TYPE_FLOAT64", "number_value"),
}  # fmt: skip


class SummaryWriter:
    """Writes what is added into a file of events in a folder, which ``tensorboard --logdir`` reads.

    Args:
        log_dir: the folder; None for ``runs/`` with the time and the machine's name.
        comment: behind the name of that folder.
        purge_step: steps from this on, of a run that broke off, are not shown.
        max_queue: events kept before they are written.
        flush_secs: and seconds.
        filename_suffix: behind the name of the file.

    Raises:
        ImportError: the package tensorboard is not installed.

    Example:
        >>> from importlib.util import find_spec
        >>> if find_spec("tensorboard"):
        ...     with ag.utils.tensorboard.SummaryWriter("runs/first") as writer:
        ...         writer.add_scalar("loss", ag.tensor(0.5), 1)
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        if log_dir is None:
            now = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        self.purge_step, self.max_queue, self.flush_secs, self.filename_suffix = (
            purge_step, max_queue, flush_secs, filename_suffix,
        )  # fmt: skip
        self._proto = _protocol()
        self._files: dict[str, Any] = {}
        self._file(self.log_dir)
        if purge_step is not None:
            event = self._proto.Event(session_log=self._proto.SessionLog(status=self._proto.SessionLog.START))
            self._write(event, purge_step, None)

    def _file(self, folder: str) -> Any:
        """The open file of a folder."""
        if folder not in self._files:
            self._files[folder] = self._proto.EventFileWriter(
                folder, self.max_queue, self.flush_secs, self.filename_suffix
            )
        return self._files[folder]

    def _write(self, event: Any, step: Any, walltime: float | None, folder: str | None = None) -> None:
        event.wall_time = time.time() if walltime is None else walltime
        if step is not None:
            event.step = int(step)
        self._file(self.log_dir if folder is None else folder).add_event(event)

    def _add(self, step: Any, walltime: float | None, folder: str | None = None, **value: Any) -> None:
        """An event of one value."""
        summary = self._proto.Summary(value=[self._proto.Summary.Value(**value)])
        self._write(self._proto.Event(summary=summary), step, walltime, folder)

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Adds a number to a curve.

        Args:
            tag: the curve's name; what is before a slash is a group.
            scalar_value: the number, or a tensor of one.
            global_step: where on the curve.
            walltime: seconds since 1970; None for now.
            new_style, double_precision: accepted.
        """
        self._add(global_step, walltime, tag=tag, simple_value=float(_host(scalar_value)))

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: dict[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Adds numbers to several curves in one picture; each gets a folder of its own.

        Args:
            main_tag: the picture's name.
            tag_scalar_dict: a number for each curve.
            global_step: where on the curves.
            walltime: seconds since 1970; None for now.
        """
        for tag, value in tag_scalar_dict.items():
            folder = os.path.join(self.log_dir, f"{main_tag.replace('/', '_')}_{tag}")
            self._add(global_step, walltime, folder, tag=main_tag, simple_value=float(_host(value)))

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Adds the distribution of some values.

        Args:
            tag: its name.
            values: a tensor or array.
            global_step: the step.
            bins: the bounds of the bins, or how ``numpy.histogram`` finds them; "tensorflow": they grow by a tenth.
            walltime: seconds since 1970; None for now.
            max_bins: at most as many bins.

        Raises:
            ValueError: no values.
        """
        x = np.asarray(_host(values), dtype="float64").reshape(-1)
        if not x.size:
            raise ValueError("add_histogram: expected at least one value, got none")
        counts, limits = np.histogram(x, _growing_bins() if isinstance(bins, str) and bins == "tensorflow" else bins)
        if max_bins is not None and len(counts) > max_bins:
            counts, limits = np.histogram(x, np.linspace(limits[0], limits[-1], max_bins + 1))
        used = counts.nonzero()[0]
        first, last = (used[0], used[-1] + 1) if used.size else (0, len(counts))
        histogram = self._proto.HistogramProto(
            min=x.min(), max=x.max(), num=x.size, sum=x.sum(), sum_squares=(x * x).sum(),
            bucket_limit=limits[first : last + 1].tolist(), bucket=[0.0, *counts[first:last].astype(float).tolist()],
        )  # fmt: skip
        self._add(global_step, walltime, tag=tag, histo=histogram)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Adds a picture.

        Args:
            tag: its name.
            img_tensor: a tensor or array; floats between 0 and 1, or uint8.
            global_step: the step.
            walltime: seconds since 1970; None for now.
            dataformats: what its axes are: "CHW", "HWC" or "HW".
        """
        image = _in_order(_host(img_tensor), dataformats, "HWC")
        self._add(global_step, walltime, tag=tag, image=self._picture(image))

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Adds several pictures beside each other.

        Args:
            tag: their name.
            img_tensor: a tensor or array; floats between 0 and 1, or uint8.
            global_step: the step.
            walltime: seconds since 1970; None for now.
            dataformats: what its axes are, such as "NCHW" or "NHWC".
        """
        images = _in_order(_host(img_tensor), dataformats, "NHWC")
        n, h, w, c = images.shape
        columns = min(8, n)
        rows = -(-n // columns)
        grid = np.zeros((rows * columns, h, w, c), images.dtype)
        grid[:n] = images
        joined = grid.reshape(rows, columns, h, w, c).transpose(0, 2, 1, 3, 4).reshape(rows * h, columns * w, c)
        self._add(global_step, walltime, tag=tag, image=self._picture(joined))

    def _picture(self, image: Any) -> Any:
        """A picture (H,W,C) as PNG."""
        from PIL import Image

        if image.dtype != np.uint8:
            image = (image * 255).clip(0, 255).astype("uint8")
        file = io.BytesIO()
        Image.fromarray(image if image.shape[2] != 1 else image[:, :, 0]).save(file, "PNG")
        height, width, colours = image.shape
        return self._proto.Summary.Image(
            height=height, width=width, colorspace=colours, encoded_image_string=file.getvalue()
        )

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: int | None = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Adds figures of Matplotlib as a picture.

        Args:
            tag: its name.
            figure: a figure, or several.
            global_step: the step.
            close: close them afterwards.
            walltime: seconds since 1970; None for now.
        """
        from matplotlib import pyplot
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        figures = list(figure) if isinstance(figure, Sequence) else [figure]
        images = []
        for each in figures:
            canvas = FigureCanvasAgg(each)
            canvas.draw()
            images.append(np.asarray(canvas.buffer_rgba())[:, :, :3])
            if close:
                pyplot.close(each)
        if len(images) == 1:
            self.add_image(tag, images[0], global_step, walltime, "HWC")
        else:
            self.add_images(tag, np.stack(images), global_step, walltime, "NHWC")

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Adds a text, in Markdown.

        Args:
            tag: its name.
            text_string: the text.
            global_step: the step.
            walltime: seconds since 1970; None for now.
        """
        plugin = self._proto.SummaryMetadata.PluginData(plugin_name="text")
        shape = self._proto.TensorShapeProto(dim=[self._proto.TensorShapeProto.Dim(size=1)])
        tensor = self._proto.TensorProto(dtype="DT_STRING", string_val=[text_string.encode()], tensor_shape=shape)
        self._add(
            global_step, walltime, tag=f"{tag}/text_summary",
            metadata=self._proto.SummaryMetadata(plugin_data=plugin), tensor=tensor,
        )  # fmt: skip

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: Any = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Adds the options of a run and what came of them, for the table of runs.

        Args:
            hparam_dict: options: numbers, strings and bools.
            metric_dict: results: numbers.
            hparam_domain_discrete: accepted.
            run_name: of the folder below this one; None for the time.
            global_step: the step of the results.
        """
        from tensorboard.plugins.hparams import api_pb2, metadata
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

        folder = os.path.join(self.log_dir, str(time.time()) if run_name is None else run_name)
        plain = {k: v if isinstance(v, (str, bool)) else float(_host(v)) for k, v in hparam_dict.items()}
        options = [api_pb2.HParamInfo(name=key, type=_KINDS[type(value)][0]) for key, value in plain.items()]
        results = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=key)) for key in metric_dict]
        start = SessionStartInfo(start_time_secs=time.time())
        for key, value in plain.items():
            setattr(start.hparams[key], _KINDS[type(value)][1], value)
        version = metadata.PLUGIN_DATA_VERSION
        for tag, part in (
            (metadata.EXPERIMENT_TAG, {"experiment": api_pb2.Experiment(hparam_infos=options, metric_infos=results)}),
            (metadata.SESSION_START_INFO_TAG, {"session_start_info": start}),
            (metadata.SESSION_END_INFO_TAG, {"session_end_info": SessionEndInfo(status=api_pb2.STATUS_SUCCESS)}),
        ):
            content = HParamsPluginData(version=version, **part).SerializeToString()
            plugin = self._proto.SummaryMetadata.PluginData(plugin_name=metadata.PLUGIN_NAME, content=content)
            self._add(None, None, folder, tag=tag, metadata=self._proto.SummaryMetadata(plugin_data=plugin))
        for key, value in metric_dict.items():
            self._add(global_step, None, folder, tag=key, simple_value=float(_host(value)))

    def flush(self) -> None:
        """Writes what waits."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Writes what waits, and closes the files."""
        for file in self._files.values():
            file.flush()
            file.close()
        self._files = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _host(value: Any) -> Any:
    """A tensor as a NumPy array, all else as it is."""
    return value.numpy(force=True) if hasattr(value, "detach") else np.asarray(value)


def _in_order(array: Any, axes: str, wanted: str) -> Any:
    """An array with its axes in another order; missing ones of size 1, one colour becomes three."""
    names = axes.upper()
    if len(names) != array.ndim or not set(names) <= set(wanted):
        raise ValueError(f"add_image: expected an array with the axes {axes}, got shape {array.shape}")
    for name in wanted:
        if name not in names:
            array, names = array[..., None], names + name
    array = array.transpose([names.index(name) for name in wanted])
    return np.repeat(array, 3, -1) if array.shape[-1] == 1 else array


def _growing_bins() -> Any:
    """Bounds that grow by a tenth, to both sides of 0."""
    positive = 1e-12 * 1.1 ** np.arange(774)
    return np.concatenate([-positive[::-1], [0.0], positive])


class _Protocol:
    """The classes of the package tensorboard that make up events."""

    def __init__(self) -> None:
        from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self.Event: Any = event_pb2.Event
        self.SessionLog: Any = event_pb2.SessionLog
        self.Summary: Any = summary_pb2.Summary
        self.HistogramProto: Any = summary_pb2.HistogramProto
        self.SummaryMetadata: Any = summary_pb2.SummaryMetadata
        self.TensorProto: Any = tensor_pb2.TensorProto
        self.TensorShapeProto: Any = tensor_shape_pb2.TensorShapeProto
        self.EventFileWriter: Any = EventFileWriter


def _protocol() -> _Protocol:
    try:
        return _Protocol()
    except ImportError as e:
        raise ImportError(
            "SummaryWriter: expected the package tensorboard, it is not installed. "
            "Install it with pip install 'twingrad[tensorboard]'"
        ) from e
