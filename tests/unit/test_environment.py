"""pyproject.toml, environment.yml and requirements.lock name the same things."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

# Where conda-forge calls a package otherwise than PyPI does.
PYPI_NAME = {"playwright-python": "playwright"}

LOCK_ENTRY = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?P<rest>.*(?:\n {4}--hash.*)*)", re.MULTILINE
)


def bounds(requirements):
    """Map canonical names to their version bounds."""
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(requirement.name): str(requirement.specifier) for requirement in parsed}


def extras():
    """Packages that are asked for by an extra of the package."""
    listed = [one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra]
    return {canonicalize_name(Requirement(one).name) for one in listed}


def runtime():
    return bounds(PROJECT["project"]["dependencies"])


def direct():
    groups = PROJECT["dependency-groups"]
    return runtime() | bounds(groups["test"]) | bounds(groups["build"])


def conda():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (from_pip,) = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    from_pip = [text for text in from_pip if not text.startswith("-")]
    found = bounds([entry for entry in entries if isinstance(entry, str)] + from_pip)
    return {PYPI_NAME.get(name, name): bound for name, bound in found.items()}


def locked():
    return {canonicalize_name(match["name"]): match for match in LOCK_ENTRY.finditer(LOCK)}


def test_conda_users_get_the_same_direct_dependencies_with_the_same_bounds():
    expected = direct() | {"python": PROJECT["project"]["requires-python"], "pip": ""}
    assert conda() == expected


def test_every_direct_dependency_has_a_lower_bound():
    assert [name for name, bound in direct().items() if not re.fullmatch(r">=[\d.]+", bound)] == []


@pytest.mark.parametrize("name", sorted(direct()))
def test_the_lock_holds_every_direct_dependency_within_its_bound(name):
    assert name in locked(), f"{name} is in pyproject.toml but not in requirements.lock: run `make lock`"
    version = locked()[name]["version"]
    assert Requirement(f"{name}{direct()[name]}").specifier.contains(version), (
        f"requirements.lock has {name} {version}, pyproject.toml asks {direct()[name]}: run `make lock`"
    )


def test_the_lock_says_that_every_direct_dependency_comes_from_this_project():
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)
    asked = {re.split(r"[=\s]", block)[0] for block in blocks if re.search(r"nsmo \(pyproject", block)}
    grouped = {
        re.split(r"[=\s]", block)[0] for block in blocks if re.search(r"nsmo:\w+|pyproject.toml:", block)
    }
    assert asked | grouped == set(direct())


def test_the_lock_holds_one_version_of_a_package():
    names = [canonicalize_name(match["name"]) for match in LOCK_ENTRY.finditer(LOCK)]
    assert sorted(names) == sorted(set(names))


def test_every_locked_package_has_hashes():
    assert len(locked()) > 100
    bare = [name for name, match in locked().items() if "--hash=sha256:" not in match["rest"]]
    assert bare == []


def test_every_line_of_the_lock_is_a_package_a_hash_or_a_comment():
    known = (r"[a-z0-9._-]+==[\w.!+]+( ; .+)? \\", r"    --hash=sha256:[0-9a-f]{64}( \\)?", r"    # .+")
    strange = [line for line in LOCK.splitlines() if not any(re.fullmatch(form, line) for form in known)]
    assert strange == []


def test_the_lock_holds_no_index_address_or_path():
    found = re.findall(
        r"^.*(?:://|--index|--extra-index|--find-links|file:|\.whl| @ |~/|(?<!\w)/\w).*$", LOCK, re.MULTILINE
    )
    assert found == []


def test_what_the_package_imports_is_declared():
    """A package that only comes along with another may go when that other one is upgraded."""
    homes = packages_distributions()
    undeclared = set()
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module]
            else:
                continue
            for top in {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - {"nsmo"}:
                # An extra need not be installed here.
                if canonicalize_name(top) in extras():
                    continue
                if not {canonicalize_name(home) for home in homes.get(top, [])} & set(runtime()):
                    undeclared.add(f"{top} ({path.relative_to(ROOT)})")
    assert undeclared == set()
