"use strict";

// Copies a call that the sandbox signs; where there is no sandbox, nobody does.
const copy = async (section) => {
  const said = section.querySelector("output");
  const asked = new URLSearchParams({ document: document.body.dataset.document, operation: section.id });
  try {
    const answer = await fetch(`/_sandbox/curl?${asked}`);
    const { command, message } = await answer.json();
    if (!answer.ok) throw new Error(message);
    said.replaceChildren(Object.assign(document.createElement("pre"), { textContent: command, tabIndex: 0 }));
    await navigator.clipboard.writeText(command);
    said.prepend("Copied:");
  } catch (error) {
    said.prepend(`Not copied: ${error.message}`);
  }
};
if (location.protocol === "http:") {
  for (const button of document.querySelectorAll("section button")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button.closest("section")));
  }
}

// Shows the operations that have all the words.
const search = document.getElementById("search");
const sections = [...document.querySelectorAll("main section")];
const texts = sections.map((section) => section.textContent.toLowerCase());
search.hidden = false;
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/);
  sections.forEach((section, index) => {
    section.hidden = !words.every((word) => texts[index].includes(word));
    document.querySelector(`nav a[href="#${section.id}"]`).parentElement.hidden = section.hidden;
  });
  document.getElementById("nothing-found").hidden = sections.some((section) => !section.hidden);
});
