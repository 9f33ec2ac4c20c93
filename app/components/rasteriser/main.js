// A button that saves a picture as PNG. Python draws it as SVG when asked; the browser, which has
// the fonts of every script, turns it into pixels.

const SCALE = 2; // pixels for each px of the picture: sharp on paper and projector
const LONGEST = 16000; // pixels that every browser's canvas can hold

/** Mounts the button, or hands it the picture that it asked for. */
export default function rasteriserComponent({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");
  button.textContent = data.label;
  button.onclick = () => {
    button.disabled = true;
    said.textContent = "Drawing …";
    setTriggerValue("wanted", String(Date.now()));
  };
  if (!data.svg || button.dataset.saved === data.asked) return;
  button.dataset.saved = data.asked;
  savePng(data.svg, data.name)
    .then((size) => { said.textContent = `Saved, ${size}.`; })
    .catch(() => { said.textContent = "This browser cannot draw it: take the SVG."; })
    .finally(() => { button.disabled = false; });
}

/** Draws the SVG on a canvas and downloads that; gives its size in words. */
async function savePng(svg, name) {
  const picture = await loaded(svg);
  const scale = Math.min(SCALE, LONGEST / picture.height, LONGEST / picture.width);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error("no picture");
  download(blob, name);
  return `${canvas.width} × ${canvas.height} pixels`;
}

async function loaded(svg) {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    return picture;
  } finally {
    URL.revokeObjectURL(address);
  }
}

function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
