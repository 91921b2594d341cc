"""Filters alone; templates that use them are in test_templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.sandbox_filters import FAULTS, FILTERS
from appliance.home.templates import MAX_OUTPUT_CHARS, TemplateFault

ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(st.sampled_from(sorted(FILTERS)), ODD, st.lists(ODD, max_size=2))
def test_filters_fail_only_as_faults(name, value, arguments):
    try:
        made = FILTERS[name](value, *arguments)
    except (*FAULTS, TemplateFault):
        return
    assert len(str(made)) <= 10 * MAX_OUTPUT_CHARS


@pytest.mark.parametrize("name", ["string", "upper", "trim", "to_json", "replace", "join"])
def test_nothing_grows_above_its_limit(name):
    arguments = {"replace": ("a", "aa"), "join": ("b" * 100,)}.get(name, ())
    with pytest.raises(TemplateFault):
        FILTERS[name](["a" * 9_000] * 3, *arguments)
