// A slide too tall for the wall is not cut: it scrolls.
Reveal.initialize({ width: 1280, height: 720, margin: 0.06, center: false, controls: true, progress: true,
  slideNumber: "c/t", hash: true, navigationMode: "linear", transition: "none", backgroundTransition: "none", keyboardCondition: "focused" });
