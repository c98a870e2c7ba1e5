"""Image files for the tests, made by OpenImageIO, by Pillow, or byte by byte."""

import functools
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
from PIL import Image, ImageCms, TiffImagePlugin

Pixels = np.ndarray[Any, Any]


def noise(height: int, width: int, channels: int, bits: int = 8) -> Pixels:
    generator = np.random.default_rng(height * width + channels)
    shape = (height, width, channels)
    return generator.integers(0, 2**bits, shape, dtype=np.uint8 if bits == 8 else np.uint16)


def smooth(height: int, width: int) -> Pixels:
    """Slow ramps, another one in each channel, which survive JPEG nearly unharmed."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [255 * x / (width - 1), 255 * y / (height - 1), 0 * x + 100]
    return np.stack(planes, axis=2).astype(np.uint8)


def write_oiio(path: Path, pixels: Pixels, **attributes: Any) -> Path:
    """`a__b` names the attribute `a:b`; alpha is stored as it is unless `associated` is given."""
    height, width, channels = pixels.shape
    spec = OpenImageIO.ImageSpec(width, height, channels, str(pixels.dtype))
    if not attributes.pop("associated", False):
        spec.attribute("oiio:UnassociatedAlpha", 1)
    if channels == 2:
        spec.channelnames = ("Y", "A")
        spec.alpha_channel = 1
    for name, value in attributes.items():
        typed = value if isinstance(value, tuple) else (value,)
        spec.attribute(name.replace("__", ":"), *typed)
    output = OpenImageIO.ImageOutput.create(str(path))
    assert output is not None
    assert output.open(str(path), spec)
    assert output.write_image(np.ascontiguousarray(pixels))
    assert output.close()
    output.geterror()
    return path


def oiio_attribute(path: Path, name: str) -> Any:
    opened = OpenImageIO.ImageInput.open(str(path))
    assert opened is not None, OpenImageIO.geterror()
    return opened.spec().getattribute(name)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(
    size: tuple[int, int],
    depth: int,
    colour: int,
    rows: bytes,
    *,
    before: bytes = b"",
    interlace: int = 0,
    stored: bytes | None = None,
) -> bytes:
    """A PNG file of these filtered rows, or of data `stored` as it is, with chunks `before` it."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace)
    idat = chunk(b"IDAT", zlib.compress(rows) if stored is None else stored)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + idat + chunk(b"IEND", b"")


def png_chunks(data: bytes) -> dict[bytes, bytes]:
    found, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        found[data[at + 4 : at + 8]] = data[at + 8 : at + 8 + size]
        at += 12 + size
    return found


def raw_tiff(samples: Pixels, tags: dict[int, tuple[int, int]], order: str = "<") -> bytes:
    """An uncompressed TIFF; `tags` are (type SHORT 3 or LONG 4, value), over the usual ones."""
    height, width, channels = samples.shape
    bits = struct.pack(f"{order}{channels}H", *[8 * samples.itemsize] * channels)
    at = 8 + len(bits)
    data = samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    entries = {
        256: (4, width),
        257: (4, height),
        259: (3, 1),
        262: (3, 2),
        273: (4, at),
        277: (3, channels),
        278: (4, height),
        279: (4, len(data)),
    } | tags
    directory = struct.pack(f"{order}H", len(entries) + 1)
    for tag, (kind, value) in sorted({258: (3, 0), **entries}.items()):
        if tag == 258:
            inline = bits.ljust(4, b"\0") if channels <= 2 else struct.pack(f"{order}I", 8)
            directory += struct.pack(f"{order}HHI", tag, kind, channels) + inline
        else:
            directory += struct.pack(f"{order}HHI", tag, kind, 1)
            directory += struct.pack(f"{order}{'HI'[kind - 3]}", value).ljust(4, b"\0")
    mark = b"II" if order == "<" else b"MM"
    data += b"\0" * (len(data) % 2)
    header = mark + struct.pack(f"{order}HI", 42, at + len(data))
    return header + bits + data + directory + bytes(4)


def saved_by_pillow(image: Image.Image, form: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


@functools.cache
def rgb_profile() -> bytes:
    # Once: a profile carries the second of its making.
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile, version 2.4 (ICC.1:2001-04, section 6)."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"", 0x02400000, kind, space, connection)
    head += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def _xyz(x: int, y: int, z: int) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", x, y, z)


def linear_grey_profile() -> bytes:
    """Grey whose numbers are light itself: 50 % grey is sRGB 188."""
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(63190, 65536, 54061), b"kTRC": curve})


def linear_rgb_profile() -> bytes:
    """The colours of sRGB with numbers that are light itself."""
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    tags = {b"wtpt": _xyz(63190, 65536, 54061)}
    columns = {b"r": (28578, 14581, 912), b"g": (25241, 46981, 6362), b"b": (9376, 3973, 46799)}
    for name, column in columns.items():
        tags |= {name + b"XYZ": _xyz(*column), name + b"TRC": curve}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def green_ink_profile() -> bytes:
    """CMYK in which any ink whatever is one green: L* 60, a* -40, b* 30; no ink is white."""
    colour = bytes([153, 88, 158])
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    ramp = bytes(range(256))
    grid = bytes([255, 128, 128]) + colour * 15
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + grid + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": _xyz(63190, 65536, 54061), b"A2B0": table})


XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" tiff:Orientation="%d" '
    b'exif:GPSLatitude="48,51.5N" photoshop:City="Paris" photoshop:Credit="Ann"/>'
    b"</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)


def iptc_record() -> bytes:
    """City (2:90) and caption (2:120)."""
    fields = {90: b"Paris", 120: b"a caption"}
    return b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in fields.items()
    )


def exif_block(orientation: int | None = None, *, order: str = "<") -> bytes:
    """A rich EXIF block, written by Pillow: place, device, people, dates, odd types."""
    fields = Image.Exif()
    fields.endian = order
    fields[270] = "a view"
    fields[271], fields[272], fields[316] = "Maker", "Model 7", "Ann's telephone"
    fields[282], fields[283], fields[296] = 300, 300, 2
    fields[306] = "2021:02:03 04:05:06"
    fields[315], fields[33432] = "Ann", "(c) Ann"
    if orientation is not None:
        fields[274] = orientation
    photo = fields.get_ifd(34665)
    photo[33434] = TiffImagePlugin.IFDRational(1, 250)
    photo[36867] = "2021:02:03 04:05:06"
    photo[36881] = "+02:00"
    photo[37500] = b"maker note serial 12345"
    photo[37510] = b"ASCII\0\0\0a comment"
    photo[40962], photo[40963] = 4000, 3000
    photo[42032], photo[42033], photo[42036], photo[42037] = "Bob", "S1", "Lens 50", "S2"
    photo[65000] = "private owner"
    photo[40965] = {1: "R98"}
    gps = fields.get_ifd(34853)
    gps[1], gps[2] = "N", (48.0, 51.0, 30.25)
    return fields.tobytes().removeprefix(b"Exif\0\0")


DESCRIPTIVE = {270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 33432}


def pillow_fields(path: Path) -> dict[int, dict[int, Any]]:
    """The EXIF directories of a file as Pillow reads them, without what describes the file."""
    with Image.open(path) as image:
        image.load()
        fields = image.getexif()
        return {
            0: {tag: fields[tag] for tag in fields if tag in DESCRIPTIVE},
            34665: dict(fields.get_ifd(34665)),
            34853: dict(fields.get_ifd(34853)),
        }
