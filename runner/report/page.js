// Filters of the page of `kvmtest-run report`. They are in the address: #status=fail,timeout&q=virtio
// &set=nightly&host=hostname1, so that a view can be passed on. #t12 is a test, as without a script.
"use strict";
(() => {
  const form = document.getElementById("filters");
  const words = document.getElementById("q");
  const choices = { set: document.getElementById("set"), host: document.getElementById("host") };
  const boxes = [...form.querySelectorAll("input[name=status]")];
  const tests = [...document.querySelectorAll(".t")];
  const groups = [...document.querySelectorAll(".group")];
  const links = [...document.querySelectorAll("#matrix a.o, #timeline svg a")];
  const idOf = (test) => test.querySelector(":scope > .b")?.id || test.id;
  const texts = tests.map((test) =>
    [".n", ".v"].map((part) => test.querySelector(part).textContent).join(" ").toLowerCase());

  function apply() {
    const statuses = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const gone = new Set();
    tests.forEach((test, i) => {
      const data = test.dataset;
      const stays = (statuses.size === 0 || statuses.has(data.o)) &&
        (choices.set.value === "" || choices.set.value === data.s) &&
        (choices.host.value === "" || choices.host.value === data.h) &&
        wanted.every((word) => texts[i].includes(word));
      test.classList.toggle("gone", !stays);
      if (!stays) gone.add("#" + idOf(test));
    });
    for (const link of links) link.classList.toggle("dim", gone.has(link.getAttribute("href")));
    for (const group of groups) {
      const [stay, all] = [".t:not(.gone)", ".t"].map((which) => group.querySelectorAll(which).length);
      group.classList.toggle("gone", stay === 0);
      group.querySelector("h3 i").textContent = stay === all ? all : `${stay} of ${all}`;
    }
    document.getElementById("shown").value = `${tests.length - gone.size} of ${tests.length} tests`;
  }

  function address() {
    const all = new URLSearchParams();
    const statuses = boxes.filter((box) => box.checked).map((box) => box.value).join(",");
    if (statuses) all.set("status", statuses);
    if (words.value) all.set("q", words.value);
    for (const [name, choice] of Object.entries(choices)) if (choice.value) all.set(name, choice.value);
    const text = all.toString().replaceAll("%2C", ",");
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }

  function fromAddress() {
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) return;
    const all = new URLSearchParams(hash);
    const statuses = (all.get("status") || "").split(",");
    for (const box of boxes) box.checked = statuses.includes(box.value);
    words.value = all.get("q") || "";
    for (const [name, choice] of Object.entries(choices)) choice.value = all.get(name) || "";
    apply();
  }

  // Again and again: the tests above it get their real heights only when they are drawn.
  function scrollTo(body, frames) {
    body.scrollIntoView();
    if (frames > 0) requestAnimationFrame(() => scrollTo(body, frames - 1));
  }

  // A link to a test opens it, even one that is filtered out.
  function openTarget() {
    const body = /^#t\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!body) return;
    const test = body.closest(".t");
    test.classList.remove("gone");
    test.closest(".group").classList.remove("gone");
    if ("open" in test) test.open = true;
    scrollTo(body, 10);
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { apply(); address(); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); address(); }));
  addEventListener("hashchange", () => { fromAddress(); openTarget(); });
  fromAddress();
  openTarget();
})();
