"use strict";
// Sorts tables by their columns and searches one of them. What it reads of a page is text, and what it writes is text.
(() => {
  const texts = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.key === undefined ? cell.textContent.trim() : cell.dataset.key;
  };

  const sort = (table, column, descending) => {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row, place) => ({ row, place, key: keyOf(row, column) }));
    const numeric = rows.every(({ key }) => key === "" || Number.isFinite(Number(key)));
    const order = numeric ? (a, b) => Number(a) - Number(b) : texts.compare;
    rows.sort((a, b) => {
      if ((a.key === "") !== (b.key === "")) return a.key === "" ? 1 : -1; // what has no value comes last either way
      return (descending ? -1 : 1) * order(a.key, b.key) || a.place - b.place;
    });
    body.append(...rows.map(({ row }) => row));
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const descending = now ? now === "ascending" : head.dataset.first === "descending";
        sort(table, column, descending);
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      });
      if (head.dataset.sorted) head.setAttribute("aria-sort", head.dataset.sorted);
    });
  }

  const field = document.getElementById("search");
  const said = document.getElementById("found");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = Array.from(document.getElementById("places").tBodies[0].rows, (row) => ({
    row,
    text: plain(row.cells[1].textContent),
  }));
  const search = () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, text } of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    said.textContent = words.length ? `${count} of ${rows.length} shown` : `${rows.length} in all`;
  };
  field.addEventListener("input", search);
  document.getElementById("searching").hidden = false;
  search();
})();
