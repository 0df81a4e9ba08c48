// <input type="range" data-range>: the <output> that belongs to it follows the slider.
document.addEventListener("input", (event) => {
  const slider = event.target;
  if (!slider.matches?.("[data-range]")) return;
  const output = slider.parentElement.querySelector("output");
  if (output) output.value = slider.value;
});
