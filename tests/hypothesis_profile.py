"""How hard Hypothesis tries, and with which seed: printed with every run, so that it can be repeated.

Loaded by pytest through `-p` (pyproject.toml), in the controller and in each worker.
`HYPOTHESIS_PROFILE=ci uv run pytest` tries 500 examples where a test says nothing else; without it 50.
`HYPOTHESIS_SEED` names the seed; without it every run tries other examples.
"""

import os
import secrets

import pytest
from hypothesis import settings

_PROFILES = {"quick": 50, "ci": 500}
_DEFAULT = "quick"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the profiles and fix the seed before Hypothesis reads its own options."""
    for name, max_examples in _PROFILES.items():
        # no deadline: the machine's load is not a property of the code
        settings.register_profile(
            name, max_examples=max_examples, deadline=None, print_blob=True, derandomize=False
        )
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", _DEFAULT))
    if config.option.hypothesis_seed is None:
        # workers are handed the controller's options, so this is the seed of all of them
        config.option.hypothesis_seed = os.environ.get("HYPOTHESIS_SEED") or str(secrets.randbelow(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    """Print what repeats this run."""
    return (
        f"hypothesis: profile {settings.get_current_profile_name()}, repeat with "
        f"--hypothesis-seed={config.option.hypothesis_seed}"
    )
