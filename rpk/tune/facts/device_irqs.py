"""Which interrupts belong to a device directory of sysfs."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpk.system.host import HostReader

_VIRTIO = re.compile(r"virtio\d+", re.ASCII)


def irqs_of(host: HostReader, directory: str, labels: Mapping[int, str], *, xen_word: str) -> tuple[int, ...]:
    """Numbers, ascending, of interrupts that are in /proc/interrupts.

    In order: the device's MSI list, its legacy line (0 means none), for virtio its PCI parent's MSI list or the
    lines that have its own name as a word, for Xen the lines with `xen_word` in them. A device whose MSI directory
    is empty (kernels 5.17 to 5.19 on some clouds) is looked up by its name and driver's lines as well.
    """
    at = host.resolve(directory)
    numbers = _listed(host, at)
    if not numbers:
        virtio = next((part for part in reversed(at.split("/")) if _VIRTIO.fullmatch(part)), None)
        if virtio is not None:
            numbers = _listed(host, at.partition(f"/{virtio}")[0]) or _labelled(virtio, labels)
        elif "xen:" in (host.read(f"{at}/modalias") or ""):
            numbers = {number for number, label in labels.items() if xen_word in label}
        else:
            address = at.rpartition("/")[2]
            numbers = _labelled(address, labels) | {
                number for number, label in labels.items() if f"MSIX-{address}" in label
            }
    return tuple(sorted(number for number in numbers if number in labels))


def _listed(host: HostReader, directory: str) -> set[int]:
    numbers = {int(name) for name in host.names(f"{directory}/msi_irqs") if name.isdigit()}
    if not numbers:
        text = host.read(f"{directory}/irq") or ""
        numbers = {int(word) for word in text.split() if word.isdigit() and int(word) > 0}
    return numbers


def _labelled(name: str, labels: Mapping[int, str]) -> set[int]:
    """Lines with `name` as a whole word: virtio1-input.0 is virtio1's, virtio10-input.0 is not."""
    word = re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])")
    return {number for number, label in labels.items() if word.search(label)}
