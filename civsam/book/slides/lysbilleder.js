// On a phone a slide has the screen's own width, for a wall's scaled down cannot be read, and scrolls where it is long.
const phone = matchMedia("(max-width: 50rem), (max-height: 30rem)").matches;

Reveal.initialize({ width: phone ? "100%" : 1280, height: phone ? "100%" : 720, margin: phone ? 0 : 0.06, scrollActivationWidth: 0, center: false, controls: true, progress: true,
  slideNumber: "c/t", hash: true, navigationMode: "linear", transition: "none", backgroundTransition: "none", keyboardCondition: "focused" });

// A slide too tall for the wall is set smaller. It scrolls only where the letters would be too small to read.
const [LARGEST, SMALLEST] = phone ? [16, 16] : [30, 18];

function fit() {
  const slide = Reveal.getCurrentSlide(), root = document.documentElement;
  if (!slide) return;  // told of its size before there is a slide
  for (let size = LARGEST; size >= SMALLEST; size -= 1) {
    root.style.fontSize = `${size}px`;
    if (slide.scrollHeight <= slide.clientHeight) break;
  }
  if (slide.scrollHeight > slide.clientHeight) slide.tabIndex = 0;  // so that the keyboard can scroll it
  else slide.removeAttribute("tabindex");
}

for (const event of ["ready", "resize", "slidechanged"]) Reveal.on(event, fit);
document.addEventListener("submit", fit);  // what is said to an answer takes up room, and so does what is unfolded
document.addEventListener("toggle", fit, true);
addEventListener("load", fit);
