import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from bng_opt.quotes.documents import make_documents
from tests.support import quote_views as views
from tests.support.hand_plan import purchase

D = Decimal
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""


def workbook(view):
    (document,) = make_documents(view, kinds=["workbook"]).made
    return document.content


def cells(content, *, data_only):
    book = load_workbook(BytesIO(content), data_only=data_only)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def formulas(content):
    found = cells(content, data_only=False)
    return {at: text for at, text in found.items() if isinstance(text, str) and text[:1] == "="}


def changed(content, edit):
    """Return the workbook with the XML of its first sheet edited."""
    source, target = zipfile.ZipFile(BytesIO(content)), BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                edited = edit(part.decode())
                assert edited != part.decode()
                part = edited.encode()
            out.writestr(name, part)
    return target.getvalue()


def without_values(xml):
    """Take the stored value out of every formula's cell: what is shown then was calculated."""
    return re.sub(r"(</f>)<v>[^<]*</v>", r"\1", xml)


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory):
    """Return what opens a workbook in LibreOffice and gives it back calculated."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("there is no LibreOffice here: apt-get install -y libreoffice-calc")
    folder = tmp_path_factory.mktemp("office")
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(RECALCULATE)

    def recalculate(content):
        given, made = folder / "quote.xlsx", folder / "out" / "quote.xlsx"
        given.write_bytes(content)
        command = [
            office,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(made.parent),
            str(given),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        content = made.read_bytes()
        made.unlink()
        return content

    return recalculate


def pence(value):
    return D(str(round(value, 2))).quantize(D("0.01"))


def totals(content):
    sheet = load_workbook(BytesIO(content), data_only=True)["Quote"]
    shown = {str(row[0].value): row[9].value for row in sheet.iter_rows()}
    (tax,) = (value for name, value in shown.items() if name.startswith("VAT at"))
    return tuple(pence(each) for each in (shown["Total before VAT"], tax, shown["Total with VAT"]))


def test_there_are_four_sheets_and_the_sums_are_formulas():
    content = workbook(views.full_view())
    assert load_workbook(BytesIO(content)).sheetnames == ["Quote", "Needs", "Checks", "Sources"]
    texts = [text for (sheet, _), text in formulas(content).items() if sheet == "Quote"]
    for sign in ("ROUND(", "SUM(", "-", "+"):
        assert any(sign in text for text in texts), sign
    vat = [text for text in texts if re.fullmatch(r"=ROUND\(J\d+\*I\d+,2\)", text)]
    assert len(vat) == 1


def test_every_formula_has_its_value_beside_it():
    content = workbook(views.full_view())
    shown = cells(content, data_only=True)
    assert all(isinstance(shown[at], (int, float)) for at in formulas(content))


@pytest.mark.parametrize("text", ["=1+1", "=HYPERLINK(1)", "+1", "http://x.example", "{=1}", "007"])
def test_text_stays_text(text):
    content = workbook(views.hostile_view(text))
    book = load_workbook(BytesIO(content))
    kinds = {
        cell.data_type
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value == text
    }
    assert kinds == {"s"} or (kinds == {"f"} and text.startswith("="))
    names = zipfile.ZipFile(BytesIO(content)).namelist()
    sheets = [zipfile.ZipFile(BytesIO(content)).read(n) for n in names if "worksheets/sheet" in n]
    assert not any(b"HYPERLINK" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    assert all(b"<f>1+1" not in sheet for sheet in sheets)


@pytest.mark.office
@pytest.mark.slow
@pytest.mark.parametrize("make", [views.full_view, views.many_lines_view, views.credits_view])
def test_libreoffice_calculates_every_cell_as_we_do(recalculated, make):
    content = workbook(make())
    bare = changed(content, without_values)
    assert None in {cells(bare, data_only=True).get(at) for at in formulas(content)}
    ours, theirs = cells(content, data_only=True), cells(recalculated(bare), data_only=True)
    at = [place for place in formulas(content) if place[0] == "Quote"]
    assert {place: round(theirs[place], 4) for place in at} == {
        place: round(ours[place], 4) for place in at
    }


@pytest.mark.office
@pytest.mark.slow
def test_half_pennies_are_rounded_as_we_round_them(recalculated):
    lines = [
        purchase(f"S{n:04d}", f"B{n % 7}", "area", "Ditches", f"{n / 100:.2f}", "0.75", price)
        for n in range(1, 500, 2)
        for price in (f"{1000 + n}.50", f"{7 * n}.30")
    ]
    plan = views.plan_of(tuple(lines))
    view = views.view_of(plan, views.priced_by_hand(plan, vat_rate=D("0.175")))
    theirs = recalculated(changed(workbook(view), without_values))
    priced = view.priced
    assert totals(theirs) == (priced.net_gbp, priced.vat_gbp, priced.gross_gbp)
    assert cells(theirs, data_only=True).keys() >= formulas(workbook(view)).keys()


@pytest.mark.office
@pytest.mark.slow
def test_the_totals_follow_when_units_are_changed(recalculated):
    view = views.demo_view()
    content = workbook(view)
    line = next(line for line in view.priced.lines if line.units)
    row = next(
        number
        for (sheet, at), text in cells(content, data_only=True).items()
        if sheet == "Quote" and text == line.stock_id and (number := int(at[1:]))
    )
    more = changed(
        content,
        lambda xml: re.sub(rf'(<c r="D{row}"[^>]*><v>)[^<]*', rf"\g<1>{line.units + 10}", xml),
    )
    net = view.priced.net_gbp + 10 * line.price_gbp
    vat = (net * D("0.2")).quantize(D("0.01"))
    assert totals(recalculated(more)) == (net, vat, net + vat)
