"use strict";

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

// The sandbox signs the example with its own key; a page that was saved has nobody to ask.
if (location.protocol === "http:") {
  for (const button of document.querySelectorAll("button.copy")) {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const answer = await fetch(`${location.pathname}/curl/${button.closest("section").id}`);
      const command = await answer.text();
      if (answer.ok && navigator.clipboard) {
        await navigator.clipboard.writeText(command);
        button.textContent = "Copied";
        setTimeout(() => (button.textContent = words), 2000);
      } else {
        prompt(words, command);
      }
    });
  }
}
