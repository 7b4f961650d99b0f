"""A detector in the YOLO manner: each cell of a grid says what stands on it and where its edges are."""

from __future__ import annotations

from typing import NamedTuple

import autograd as ag
import nn
import nn.functional as F

__all__ = ["Detections", "GridDetector", "box_iou", "nms"]


def box_iou(first: ag.Tensor, second: ag.Tensor) -> ag.Tensor:
    """Intersection over union of each pair of boxes.

    Args:
        first: (N,4) as left, top, right, bottom.
        second: (M,4).

    Returns:
        (N,M) in [0, 1].

    Example:
        >>> from nn import models
        >>> models.box_iou(ag.tensor([[0.0, 0.0, 2.0, 2.0]]), ag.tensor([[1.0, 0.0, 3.0, 2.0]]))
        tensor([[0.3333]])
    """
    corner = ag.maximum(first[:, None, :2], second[None, :, :2])
    opposite = ag.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (opposite - corner).clamp(min=0).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1][None, :] - shared)


def nms(boxes: ag.Tensor, scores: ag.Tensor, iou_threshold: float) -> ag.Tensor:
    """Non-maximum suppression: of boxes that overlap, only the one with the highest score stays.

    Args:
        boxes: (N,4) as left, top, right, bottom.
        scores: (N,).
        iou_threshold: boxes that overlap more than this are the same.

    Returns:
        Indices of those that stay, the highest score first.

    Example:
        >>> from nn import models
        >>> boxes = ag.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9], [5.0, 5.0, 6.0, 6.0]])
        >>> models.nms(boxes, ag.tensor([0.5, 0.9, 0.7]), 0.5)
        tensor([1, 2])
    """
    order = scores.argsort(descending=True).tolist()
    overlaps = (box_iou(boxes, boxes) > iou_threshold).tolist()
    kept: list[int] = []
    for i in order:
        if not any(overlaps[i][j] for j in kept):
            kept.append(i)
    return ag.tensor(kept, dtype=ag.int64, device=boxes.device)


class Detections(NamedTuple):
    """What was found on one image.

    Attributes:
        boxes: (K,4) as left, top, right, bottom, in pixels.
        scores: (K,) objectness times the class's probability.
        labels: (K,) int64.

    Example:
        >>> from nn import models
        >>> net = models.GridDetector(num_classes=3, in_channels=1, image_size=16, width=4).eval()
        >>> [found] = net.detect(ag.zeros(1, 1, 16, 16), threshold=0.0)
        >>> found.boxes.shape == (len(found.scores), 4)
        True
    """

    boxes: ag.Tensor
    scores: ag.Tensor
    labels: ag.Tensor


class GridDetector(nn.Module):
    """Convolutions down to a grid of cells, and 5 + num_classes numbers for each.

    A cell answers for the object whose centre lies on it: the centre's place within the cell (sigmoid), width and height
    as part of the image (sigmoid), whether there is an object (logit), and which (logits).

    Args:
        num_classes: of objects.
        in_channels: of the image.
        image_size: height and width, a multiple of 8.
        width: maps of the first stage; the next have twice as many each.

    Raises:
        ValueError: another size.

    Example:
        >>> from nn import models
        >>> net = models.GridDetector(num_classes=3, in_channels=1, image_size=16, width=4)
        >>> net(ag.zeros(2, 1, 16, 16)).shape
        Size([2, 8, 2, 2])

    Source: Redmon, Divvala, Girshick and Farhadi, You Only Look Once: Unified, Real-Time Object Detection, 2015.
    """

    def __init__(self, num_classes: int, in_channels: int = 3, image_size: int = 64, width: int = 16) -> None:
        super().__init__()
        if image_size % 8:
            raise ValueError(f"GridDetector: expected image_size in multiples of 8, got {image_size}")
        self.num_classes, self.image_size, self.cells = num_classes, image_size, image_size // 8
        layers: list[nn.Module] = []
        for before, after in ((in_channels, width), (width, 2 * width), (2 * width, 4 * width)):
            for channels in (before, after):
                layers.append(nn.Conv2d(channels, after, 3, padding=1, bias=False))
                layers += [nn.BatchNorm2d(after), nn.LeakyReLU(0.1, inplace=True)]
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.Conv2d(4 * width, 8 * width, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(8 * width, 5 + num_classes, 1)
        )

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Each cell's numbers: x, y, width, height and objectness before their sigmoids, and the classes' logits.

        Args:
            input: (N, in_channels, image_size, image_size).

        Returns:
            (N, 5 + num_classes, cells, cells).
        """
        cells: ag.Tensor = self.head(self.features(input))
        return cells

    def boxes(self, cells: ag.Tensor) -> ag.Tensor:
        """Each cell's box.

        Args:
            cells: of ``forward``.

        Returns:
            (N, cells, cells, 4) as left, top, right, bottom, in pixels.
        """
        place = ag.sigmoid(cells[:, :4]).permute(0, 2, 3, 1)
        index = ag.arange(self.cells, device=cells.device)
        corner = ag.stack(ag.meshgrid(index, index, indexing="xy"), 2)
        centre = (place[..., :2] + corner) * (self.image_size / self.cells)
        half = place[..., 2:] * (self.image_size / 2)
        return ag.cat([centre - half, centre + half], 3)

    def loss(
        self, cells: ag.Tensor, boxes: list[ag.Tensor], labels: list[ag.Tensor], box: float = 5.0, empty: float = 0.5
    ) -> ag.Tensor:
        """Squared errors of the place and of the square roots of the size, cross-entropies of objectness and class.

        Args:
            cells: of ``forward``.
            boxes: for each image (K,4) as left, top, right, bottom, in pixels.
            labels: for each image (K,) int64.
            box: weight of place and size.
            empty: weight of the objectness of cells without an object.

        Returns:
            A scalar: the sum over cells, divided by the number of images.
        """
        n = len(boxes)
        image = ag.cat([ag.full((len(b),), i, dtype=ag.int64) for i, b in enumerate(boxes)]).to(cells.device)
        box_of, label = ag.cat(boxes), ag.cat(labels)
        scale = self.cells / self.image_size
        centre = (box_of[:, :2] + box_of[:, 2:]) / 2 * scale
        size = (box_of[:, 2:] - box_of[:, :2]) / self.image_size
        column, row = centre.floor().long().clamp(0, self.cells - 1).unbind(1)
        own = cells[image, :, row, column]
        place, extent = ag.sigmoid(own[:, :2]), ag.sigmoid(own[:, 2:4])
        error = (place - (centre - centre.floor())) ** 2 + (extent.sqrt() - size.sqrt()) ** 2
        target = ag.zeros_like(cells[:, 4])
        target[image, row, column] = 1.0
        weight = ag.where(target > 0, 1.0, empty)
        there = F.binary_cross_entropy_with_logits(cells[:, 4], target, weight=weight, reduction="sum")
        which = F.cross_entropy(own[:, 5:], label, reduction="sum")
        return (box * error.sum() + there + which) / n

    @ag.no_grad()
    def detect(self, input: ag.Tensor, threshold: float = 0.5, iou_threshold: float = 0.5) -> list[Detections]:
        """The objects on each image.

        Args:
            input: (N, in_channels, image_size, image_size).
            threshold: the least score.
            iou_threshold: boxes of one class that overlap more are the same object.

        Returns:
            For each image its ``Detections``, the highest score first.
        """
        cells = self(input)
        scores = ag.sigmoid(cells[:, 4:5]) * F.softmax(cells[:, 5:], dim=1)
        best, labels = scores.flatten(2).max(1)
        found = []
        for boxes, score, label in zip(self.boxes(cells).flatten(1, 2), best, labels, strict=True):
            sure = score >= threshold
            boxes, score, label = boxes[sure], score[sure], label[sure]
            apart = label.unsqueeze(1) * (2.0 * self.image_size)  # boxes of different classes never overlap
            kept = nms(boxes + apart, score, iou_threshold)
            found.append(Detections(boxes[kept], score[kept], label[kept]))
        return found
