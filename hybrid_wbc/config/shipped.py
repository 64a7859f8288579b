"""The files of settings that come with the program: where they lie, and what each says it is.

They are found and asked here without being checked, which takes half a second: `load` and `systems`
check them when they are used.
"""

from __future__ import annotations

from pathlib import Path

from hybrid_wbc.config.strict_yaml import NotStrictError, text_at_top
from hybrid_wbc.errors import InputError

PAPERS = "papers"


def files(*folders: str) -> dict[str, Path]:
    """Find the YAML files that come with the program, by name.

    Parameters
    ----------
    *folders : str
        The way down from the configs, where other files than the configs are asked for.

    Returns
    -------
    dict of str to Path
        Sorted by name, which is the file's without its suffix.

    Examples
    --------
    >>> "quickstart" in files(), "s0-wbc23" in files(PAPERS)
    (True, True)
    """
    package = Path(__file__).parents[1]
    # In a checkout they lie at the top; a built wheel holds them inside the package.
    installed = package / "configs"
    configs = installed if installed.is_dir() else package.parent / "configs"
    found = {file.stem: file for file in configs.joinpath(*folders).glob("*.yaml")}
    return dict(sorted(found.items()))


def descriptions(key: str, *folders: str) -> dict[str, str]:
    """Read what each shipped file says of itself; what stands below it in the file is not read.

    Parameters
    ----------
    key : str
        The key that says it: `description` in a config, `about` in the recipe of a system.
    *folders : str
        As for `files`.

    Returns
    -------
    dict of str to str
        By the file's name, sorted.

    Raises
    ------
    InputError
        If a file has no such key, or is not YAML as far as it was read.

    Examples
    --------
    >>> descriptions("about", PAPERS)["s1-vgg16"]
    'VGG16 on PBC, its ImageNet weights kept, its last layer trained'
    """
    return {name: _description(file, key) for name, file in files(*folders).items()}


def _description(file: Path, key: str) -> str:
    try:
        return text_at_top(file.read_text(encoding="utf-8"), key)
    except NotStrictError as error:
        raise InputError(f"{file}: not YAML: {error}") from error
    except KeyError as error:
        raise InputError(f"{file}: the key '{key}' is missing, which says what it is") from error
