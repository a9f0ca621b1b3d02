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
