from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_wbc.data.sets.class_names import EIGHT_TYPES, class_name


@pytest.mark.parametrize(
    ("spelled", "canonical"),
    [
        ("Baso", "basophil"),
        ("BASOPHIL", "basophil"),
        ("eosi", "eosinophil"),
        (" Eosinophils ", "eosinophil"),
        ("lymp", "lymphocyte"),
        ("mono", "monocyte"),
        ("MON", "monocyte"),
        ("BAS", "basophil"),
        ("LYM", "lymphocyte"),
        ("NEU", "neutrophil"),
        ("neut", "neutrophil"),
        ("ig", "immature granulocyte"),
        ("IG", "immature granulocyte"),
        ("immature_granulocytes", "immature granulocyte"),
        ("Immature-Granulocyte", "immature granulocyte"),
        ("platelets", "platelet"),
        ("erythroblast", "erythroblast"),
        ("mixt", "mixed"),
    ],
)
def test_class_name_knows_every_spelling_in_use(spelled, canonical):
    assert class_name(spelled) == canonical


def test_class_name_keeps_an_unknown_name_stripped_and_in_lower_case():
    assert class_name("  Smudge_Cells ") == "smudge_cells"


@given(st.text())
def test_class_name_of_a_class_name_is_itself(text):
    assert class_name(class_name(text)) == class_name(text)


def test_bloodmnist_names_its_numbers_in_medmnist_order():
    assert EIGHT_TYPES.index("immature granulocyte") == 3
    assert EIGHT_TYPES.index("platelet") == 7
