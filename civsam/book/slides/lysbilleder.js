Reveal.initialize({ width: 1280, height: 720, margin: 0.06, center: false, controls: true, progress: true,
  slideNumber: "c/t", hash: true, navigationMode: "linear", transition: "none", backgroundTransition: "none", keyboardCondition: "focused" });

// A slide too tall for the wall is set smaller. It scrolls only where the letters would be too small to read.
const LARGEST = 30, SMALLEST = 18;

function fit() {
  const slide = Reveal.getCurrentSlide(), root = document.documentElement;
  if (!slide) return;  // told of its size before there is a slide
  for (let size = LARGEST; size >= SMALLEST; size -= 1) {
    root.style.fontSize = `${size}px`;
    if (slide.scrollHeight <= slide.clientHeight) return;
  }
}

for (const event of ["ready", "resize", "slidechanged"]) Reveal.on(event, fit);
document.addEventListener("submit", fit);  // what is said to an answer takes up room, and so does what is unfolded
document.addEventListener("toggle", fit, true);
addEventListener("load", fit);
