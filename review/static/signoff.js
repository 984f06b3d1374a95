// The sign-off sheet: answers are kept in this browser, with the text they were given to, and exported as JSON.
"use strict";
(() => {
  const { package: ours } = globalThis.cervicalOptionsSignoff;
  const key = `sign-off ${ours}`;
  const form = document.getElementById("signoff");
  const rows = [...form.querySelectorAll("[data-statement], [data-reading]")];
  const who = ["reviewer", "role", "date"];

  const idOf = (row) => row.dataset.statement ?? row.dataset.reading;
  const answerOf = (row) => {
    const id = idOf(row);
    return { id, text: row.dataset.text, verdict: form.elements[id].value || null, comment: form.elements[`${id}-comment`].value };
  };
  const given = ({ verdict, comment }) => verdict !== null || comment !== "";

  function sheet() {
    const of = (kind) => rows.filter((row) => kind in row.dataset).map(answerOf);
    const named = Object.fromEntries(who.map((name) => [name, form.elements[name].value]));
    return { package: ours, ...named, readings: of("reading"), statements: of("statement") };
  }

  function keep() {
    tell();
    try {
      localStorage.setItem(key, JSON.stringify(sheet()));
    } catch {
      document.getElementById("progress").append(" This browser keeps nothing for this page: export before you leave it.");
    }
  }

  function tell() {
    const answers = rows.map(answerOf);
    const count = (verdict) => answers.filter((each) => each.verdict === verdict).length;
    const text = `${count("agree")} agreed, ${count("disagree")} disagreed, ${count(null)} open.`;
    document.getElementById("progress").textContent = text;
  }

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
      return {};
    }
  }

  function restore() {
    const before = kept();
    for (const name of who) if (typeof before[name] === "string") form.elements[name].value = before[name];
    const answers = new Map([...(before.readings ?? []), ...(before.statements ?? [])].map((each) => [each.id, each]));
    for (const row of rows) {
      const answer = answers.get(idOf(row));
      if (!answer || !given(answer)) continue;
      if (answer.text !== row.dataset.text) row.querySelector(".changed").hidden = false;
      else {
        form.elements[answer.id].value = answer.verdict ?? "";
        form.elements[`${answer.id}-comment`].value = answer.comment;
      }
    }
    tell();
  }

  form.addEventListener("input", keep);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("print").addEventListener("click", () => print());
  document.getElementById("clear").addEventListener("click", () => {
    if (confirm("Clear all answers of this sheet?")) {
      form.reset();
      keep();
    }
  });
  document.getElementById("export").addEventListener("click", () => {
    const file = new Blob([`${JSON.stringify(sheet(), null, 2)}\n`], { type: "application/json" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: "sign-off.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href));
  });
  restore();
})();
