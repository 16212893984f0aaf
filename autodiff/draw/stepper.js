"use strict";
// The page of the stepper: draws the graph, shows one step at a time, and moves the graph to where it happens.
// It makes every element by hand (no innerHTML), so that a name is only ever text.
const packed = JSON.parse(document.getElementById("data").textContent);
// what occurs more than once is written once, in the pool
const unpack = x => Array.isArray(x) ? x.map(unpack) : x === null || typeof x !== "object" ? x
  : "$" in x ? unpack(packed.pool[x.$]) : Object.fromEntries(Object.entries(x).map(([k, v]) => [k, unpack(v)]));
const D = unpack(packed.data);
const $ = id => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg", MATH = "http://www.w3.org/1998/Math/MathML";
const HEAD = 22, ROW = 16, PAD = 6, GAP = 10, MARGIN = 16;

// ---- elements
function make(space, tag, attributes, ...inside) {
  const e = space ? document.createElementNS(space, tag) : document.createElement(tag);
  for (const k in attributes) if (attributes[k] != null) e.setAttribute(k, attributes[k]);
  e.append(...inside.filter(x => x != null));
  return e;
}
const svg = (tag, attributes, ...inside) => make(SVG, tag, attributes, ...inside);
const html = (tag, style, ...inside) => make(null, tag, style ? { class: style } : {}, ...inside);
// ["mfrac", above, below] as MathML; "mrow.g" has the class g
function math(tree) {
  const [tag, style] = tree[0].split(".");
  return make(MATH, tag, style ? { class: style } : {}, ...tree.slice(1).map(t => typeof t === "string" ? t : math(t)));
}
const formula = (...trees) => make(MATH, "math", { displaystyle: "true" }, math(["mrow", ...trees]));
const EQUALS = ["mo", "="], TIMES = ["mo", "×"], EACH = ["mtext", "\u00a0⊙\u00a0"];
// a formula in parts, so that a line may end before a sign: matrices are wide, and phones are not
function inParts(...trees) {
  const parts = [[]];
  for (const t of trees) {
    if ((t === EQUALS || t === EACH) && parts.at(-1).length) parts.push([]);
    parts.at(-1).push(t);
  }
  return parts.flatMap((part, k) => [k ? " " : "", html("span", "part-of", formula(...part))]);
}
const name = i => typeof i === "string" ? ["mi", i] : ["mi", D.nodes[i].name];
const partial = (of, by) => ["mfrac", ["mrow", ["mo", "∂"], name(of)], ["mrow", ["mo", "∂"], name(by)]];
const TOP = D.top === D.nodes[D.root].name ? D.root : D.top;
// a number, a matrix, or the summary of something larger
function number(x, style, fence) {
  const tag = style ? "mrow." + style : "mrow";
  if (typeof x === "string")
    return fence && x.startsWith("−") ? [tag, ["mo", "("], ["mn", x], ["mo", ")"]] : [tag, ["mn", x]];
  if (!Array.isArray(x)) return [tag, ["mtext", x.text]];
  return [tag, ["mtable", ...x.map(r => ["mtr", ...r.split("|").map(c => ["mtd", ["mn", c]])])]];
}
const said = x => typeof x === "string" ? x : Array.isArray(x) ? x.map(r => r.replaceAll("|", " ")).join("; ") : x.text;

// ---- the graph
const picture = svg("svg", { role: "img", "aria-label": "graph of " + D.nodes[D.root].name });
for (const [label, x, y, width, height] of D.frames)
  picture.append(svg("rect", { class: "frame", x, y, width, height, rx: 10 }), svg("text", { class: "small", x: x + 10, y: y + 15 }, label));
const LINES = D.edges.map(e => picture.appendChild(svg("path", { d: e.path, class: e.stretched ? "dashed" : null })));
const BOXES = D.nodes.map(n => {
  const [x, y, w, h] = n.at, g = picture.appendChild(svg("g", {}));
  const inner = w - 8, left = x + 4, middle = x + w / 2;
  if (n.role === "literal") {
    g.append(svg("rect", { class: "literal", x: left, y, width: inner, height: HEAD, rx: 9 }), svg("text", { class: "mid", x: middle, y: y + 15 }, n.name));
    return { g, bands: {} };
  }
  const top = HEAD + (n.shape ? 12 : 0), heading = svg("text", { class: "mid", x: middle, y: y + 15 });
  heading.append(svg("tspan", { class: "name" }, n.name), n.head.slice(n.name.length));
  g.append(svg("rect", { class: n.role, x: left, y, width: inner, height: top }), heading);
  if (n.shape) g.append(svg("text", { class: "small mid", x: middle, y: y + 27 }, n.shape));
  let at = y + top;
  const bands = {};
  for (const [what, label] of [["value", "value"], ["grad", `∂${D.top}/∂${n.name}`], ["tangent", "tangent"]]) {
    if (n[what] == null) continue;
    const rows = Array.isArray(n[what]) ? n[what].map(r => r.split("|")) : typeof n[what] === "string" ? [[n[what]]] : n[what].text.split(", ").map(t => [t]);
    const height = rows.length * ROW + PAD, r = svg("rect", { class: what, x: left, y: at, width: inner, height });
    const ink = what === "value" ? "" : " " + what + "-ink", cells = [];
    g.append(r, svg("text", { class: "small" + ink, x: left + PAD, y: at + height / 2 + 4 }, label));
    rows.forEach((row, k) => {
      let right = left + inner - PAD;
      for (let i = row.length - 1; i >= 0; i--) {
        const t = svg("text", { class: `end ${what}-ink`, x: right, y: at + PAD / 2 + ROW * k + 12.5 }, row[i]);
        cells.push(t);
        g.append(t);
        right -= (n.columns[i] || 50) + GAP;
      }
    });
    bands[what] = { r, cells, plain: rows };
    at += height;
  }
  if (n.held) g.append(svg("rect", { x: left, y: at, width: inner, height: y + h - at }));
  (n.held || []).forEach((line, k) => g.append(svg("text", { x: left + PAD, y: at + 16 + 22 * k }, line)));
  g.append(svg("rect", { class: "ring", x, y: y - 4, width: w, height: h + 8, rx: 6 }));
  return { g, bands };
});
$("pic").append(picture);

// ---- moving the graph: shown whole where its letters stay large enough, else around what happens
let view = null, wanted = null, frame = 0;
const still = matchMedia("(prefers-reduced-motion: reduce)");
function look(active, jump) {
  const width = $("pic").clientWidth, height = $("pic").clientHeight;
  const whole = [-MARGIN, -MARGIN, D.size[0] + 2 * MARGIN, D.size[1] + 2 * MARGIN];
  const scale = Math.min(width / whole[2], height / whole[3], 1.3);
  const w = width / Math.max(scale, 1), h = height / Math.max(scale, 1);
  if (scale >= 1) wanted = [whole[0] + (whole[2] - w) / 2, whole[1] + (whole[3] - h) / 2, w, h];
  else {
    const around = b => b.reduce((a, [x, y, v, u]) => [Math.min(a[0], x), Math.min(a[1], y), Math.max(a[2], x + v), Math.max(a[3], y + u)], [1e9, 1e9, -1e9, -1e9]);
    const main = D.nodes[active[0]].at;
    let box = around([main]);
    for (const i of active.slice(1)) {  // as much around the active node as there is room for
      const more = around([D.nodes[i].at, [box[0], box[1], box[2] - box[0], box[3] - box[1]]]);
      if (more[2] - more[0] < w - 20 && more[3] - more[1] < h - 20) box = more;
    }
    const all = around(active.map(i => D.nodes[i].at));
    const place = (k, room) => {  // the box in sight, and what does not fit on the side where it is
      const start = whole[k], end = start + whole[k + 2], middle = (all[k] + all[k + 2] - room) / 2;
      if (end - start <= room) return (start + end - room) / 2;
      return Math.min(Math.max(Math.min(Math.max(middle, box[k + 2] - room + 14), box[k] - 14), start), end - room);
    };
    wanted = [place(0, w), place(1, h), w, h];
  }
  cancelAnimationFrame(frame);
  if (jump || still.matches || !view) { view = wanted; return paint(); }
  const from = view, start = performance.now();
  const tick = now => {
    const t = Math.min(1, (now - start) / 350), s = t * t * (3 - 2 * t);
    view = from.map((a, i) => a + (wanted[i] - a) * s);
    paint();
    if (t < 1) frame = requestAnimationFrame(tick);
  };
  frame = requestAnimationFrame(tick);
}
const paint = () => picture.setAttribute("viewBox", view.map(v => v.toFixed(1)).join(" "));
let drag = null;
$("pic").onpointerdown = e => { drag = [e.clientX, e.clientY, view]; };
addEventListener("pointermove", e => {
  if (!drag) return;
  const unit = drag[2][2] / $("pic").clientWidth;
  view = [drag[2][0] - (e.clientX - drag[0]) * unit, drag[2][1] - (e.clientY - drag[1]) * unit, drag[2][2], drag[2][3]];
  paint();
});
addEventListener("pointerup", () => { drag = null; });
addEventListener("pointercancel", () => { drag = null; });

// ---- what is said at a step
const term = (label, ...trees) => [html("dt", "", label), html("dd", "", ...inParts(...trees))];
const isLeaf = n => !n.uses;
function startPage() {
  const names = D.nodes.map((n, i) => [n, i]).filter(([n]) => isLeaf(n) && n.role !== "literal");
  const tell = D.mode === "forward"
    ? "Every result gets its value and its tangent: how fast it moves when the inputs move as chosen."
    : `The forward pass computes every value. Then the backward pass asks of every number: if it rose a little, how fast would ${D.top} rise?`;
  return [html("p", "", tell), html("p", "", "The inputs are given:"), html("div", "given", ...names.map(([n, i]) => formula(name(i), EQUALS, number(n.value, "v")))), ...D.notes.map(t => html("p", "warn", t))];
}
function forwardPage(i) {
  const n = D.nodes[i], out = [];
  if (n.held) return n.held.map(t => html("p", "", t));
  const made = [name(i), EQUALS, n.made];
  if (n.numbers) made.push(EQUALS, n.numbers);
  out.push(html("div", "scroll", ...inParts(...made, EQUALS, number(n.value, "v"))));
  if (n.tangent != null) {
    const parts = n.uses.map(k => D.edges[k]).filter(e => e.moved != null);
    out.push(html("h3", "", "tangent: local × tangent of each input, added"));
    const list = html("dl", "rows");
    for (const e of parts) list.append(...term(D.nodes[e.from].name, partial(i, e.from), TIMES, ["mtext", "tangent"], EQUALS, number(e.local, "", 1), typeof e.local === "string" ? TIMES : EACH, number(D.nodes[e.from].tangent, "t", 1), EQUALS, number(e.moved, "t")));
    list.append(...term("together", number(n.tangent, "t")));
    out.push(list);
  }
  if (D.mode !== "forward") out.push(html("p", "hint", "The backward pass will need what went in."));
  return out;
}
function backwardPage(i, edges) {
  const up = html("dl", "rows");
  if (D.nodes[i].grad != null) up.append(...term("upstream", partial(TOP, i), EQUALS, number(D.nodes[i].grad, "g")));
  const out = [up];
  for (const k of edges) {
    const e = D.edges[k], to = D.nodes[e.from], list = html("dl", "rows");
    if (e.formula || e.local != null) {
      const local = [partial(i, e.from)];
      if (e.formula) local.push(EQUALS, e.formula);
      if (e.local != null && !(typeof e.local === "string" && e.formula && e.formula[1] === e.local)) local.push(EQUALS, number(e.local));
      list.append(...term("local", ...local));
      const times = typeof e.local === "string" ? TIMES : EACH;
      const simple = typeof e.local === "string" && typeof D.nodes[i].grad === "string";
      list.append(...term("product", ...(simple ? [number(D.nodes[i].grad, "", 1), times, number(e.local, "", 1)] : [["mtext", "upstream"], times, ["mtext", "local"]]), EQUALS, number(e.passed, "g")));
    } else if (e.product) list.append(...term("product", e.product, EQUALS, number(e.passed, "g")), html("dt", "", ""), html("dd", "hint", "g is upstream"));
    else list.append(html("dt", "", "rule"), html("dd", "", e.words), ...term("product", number(e.passed, "g")));
    if (e.summed) list.append(html("dt", "", "shape"), html("dd", "", `${e.stretched}, so ${e.summed}`));
    const part = html("div", "part", html("h3", "", "to " + to.name), list);
    if (e.count) {
      const [k, of] = e.count;
      part.append(html("p", "", html("b", "", `${to.name} is used ${of} times`), `, so what arrives adds up (${k} of ${of}):`),
        html("div", "scroll", ...inParts(partial(TOP, e.from), EQUALS, e.terms ? ["mrow.g", ["mtext", e.terms]] : number(e.sum, "g"))));
    }
    if (e.code) part.append(html("pre", "", e.code));
    out.push(part);
  }
  return out;
}
function endPage() {
  const rows = D.checks.map(c => html("tr", "", html("td", "", c.label), html("td", "grad-ink", said(c.exact)), html("td", "", c.near == null ? "in one direction" : said(c.near)), html("td", "near", (c.gap[1] ? "✓ " : "✗ ") + c.gap[0])));
  const heads = ["", "walk", "finite differences", "apart"].map(t => html("th", "", t));
  return [html("p", "", D.mode === "forward" ? "One forward pass gave the derivative in the chosen direction." : "One backward pass gave every gradient."),
    html("p", "", "The same function, computed again beside its inputs, and divided differences:"),
    html("div", "scroll", html("table", "", html("thead", "", html("tr", "", ...heads)), html("tbody", "", ...rows)))];
}
function spoken(kind, i, edges) {
  const n = D.nodes[i];
  if (kind === "start") return "Start. The inputs are given.";
  if (kind === "end") return "Done. " + D.checks.map(c => `${c.label} is ${said(c.exact)}, finite differences ${c.gap[1] ? "agree" : "differ"}.`).join(" ");
  if (kind === "seed") return `Seed: the gradient of ${D.top} is 1.`;
  if (kind === "forward") return `Forward: ${n.head}${n.value == null ? "" : " is " + said(n.value)}.${n.tangent == null ? "" : " Its tangent is " + said(n.tangent) + "."}`;
  return `Backward through ${n.head}: ` + edges.map(k => {
    const e = D.edges[k], by = typeof e.local === "string" && typeof n.grad === "string" ? `${n.grad} times ${e.local} = ` : "";
    return `${D.nodes[e.from].name} gets ${by}${said(e.passed)}${e.count ? `, together ${said(e.sum)}` : ""}`;
  }).join("; ") + ".";
}

// ---- the table below
const TABLE = D.nodes.map((n, i) => {
  if (n.role === "literal") return null;
  const cells = [html("td", "", n.head), html("td", "value-ink"), html("td", "tangent-ink"), html("td", "grad-ink")];
  const row = $("rows").appendChild(html("tr", ""));
  if (n.flag) cells[0].append(" ", html("span", "warn", "⚠ " + n.flag));
  row.append(cells[0], cells[1], ...(D.mode === "backward" ? [] : [cells[2]]), ...(D.mode === "forward" ? [] : [cells[3]]));
  return { row, cells };
});

// ---- steps
let at = 0, timer = null;
const LAST = D.steps.length - 1, WORDS = { start: "START", forward: "FORWARD", seed: "SEED", backward: "BACKWARD", end: "DONE" };
$("slider").max = LAST;
function show(step, jump) {
  at = Math.max(0, Math.min(LAST, step));
  const [kind, i, edges] = D.steps[at];
  const known = new Set(D.nodes.keys()), grads = new Map();
  D.steps.forEach(([k, node, list], j) => {
    if (k === "forward" && j > at) known.delete(node);
    if (k === "seed" && j <= at) grads.set(D.root, said(D.nodes[D.root].grad));
    if (k === "backward" && j <= at) for (const e of list) {
      const edge = D.edges[e];
      grads.set(edge.from, edge.terms || said(edge.sum || edge.passed));
    }
  });
  const through = kind === "backward" ? edges : kind === "forward" ? D.nodes[i].uses : [];
  const others = through.map(k => D.edges[k].from);
  const focus = kind === "start" ? [0] : kind === "seed" || kind === "end" ? [D.root] : [i, ...others];
  BOXES.forEach(({ g, bands }, n) => {
    const on = focus[0] === n && kind !== "start", other = others.includes(n);
    g.setAttribute("class", on ? "on" : other ? (kind === "backward" ? "to" : "from") : "");
    for (const what in bands) {
      const { r, cells } = bands[what], has = what === "grad" ? grads.has(n) : known.has(n);
      r.setAttribute("class", has ? what : "wait");
      for (const t of cells) t.setAttribute("visibility", has ? "visible" : "hidden");
      if (what === "grad" && has && cells.length === 1 && typeof D.nodes[n].grad === "string") cells[0].textContent = grads.get(n);
    }
    if (TABLE[n]) {
      TABLE[n].row.className = on || other ? "on" : "";
      TABLE[n].cells[1].textContent = known.has(n) && D.nodes[n].value != null ? said(D.nodes[n].value) : "";
      TABLE[n].cells[2].textContent = known.has(n) && D.nodes[n].tangent != null ? said(D.nodes[n].tangent) : "";
      TABLE[n].cells[3].textContent = grads.get(n) || "";
    }
  });
  LINES.forEach((line, k) => line.setAttribute("class", (through.includes(k) ? "on " : "") + (D.edges[k].stretched ? "dashed" : "")));
  $("app").className = kind;
  $("phase").textContent = WORDS[kind];
  $("title").textContent = kind === "forward" || kind === "backward" ? `${kind === "forward" ? "Forward:" : "Backward through"} ${D.nodes[i].head}` : kind === "seed" ? `∂${D.top}/∂${D.nodes[D.root].name} = 1` : kind === "end" ? "Checked" : "Ready";
  const page = kind === "start" ? startPage() : kind === "forward" ? forwardPage(i) : kind === "backward" ? backwardPage(i, edges)
    : kind === "seed" ? [html("p", "", `${D.nodes[D.root].name} moves exactly as fast as itself. Every other gradient starts at 0.`), formula(partial(TOP, D.root), EQUALS, number(D.nodes[D.root].grad, "g")), html("pre", "", `${D.nodes[D.root].name}.grad = 1.0`)] : endPage();
  const line = i != null && D.nodes[i].line;
  $("page").replaceChildren(...page, ...(line ? [html("p", "hint", line[0]), html("pre", "", line[1])] : []));
  $("say").scrollTop = 0;
  $("live").textContent = `Step ${at} of ${LAST}. ` + spoken(kind, i ?? 0, edges);
  $("slider").value = at;
  $("slider").setAttribute("aria-valuetext", `step ${at} of ${LAST}: ${$("title").textContent}`);
  $("count").textContent = `${at} / ${LAST}`;
  $("first").disabled = $("back").disabled = at === 0;
  $("next").disabled = at === LAST;
  look(focus, jump);
  try { history.replaceState(null, "", "#step=" + at); } catch { /* a page within a page has no address */ }
}
function pause() { clearInterval(timer); timer = null; $("play").textContent = "Play"; }
function play() {
  if (timer) return pause();
  if (at === LAST) show(0);
  $("play").textContent = "Pause";
  timer = setInterval(() => at === LAST ? pause() : show(at + 1), 1800);
}
const go = step => { pause(); show(step); };
$("first").onclick = () => go(0);
$("back").onclick = () => go(at - 1);
$("next").onclick = () => go(at + 1);
$("play").onclick = play;
$("slider").oninput = e => go(+e.target.value);
addEventListener("keydown", e => {
  if (e.altKey || e.ctrlKey || e.metaKey || e.target.tagName === "INPUT") return;
  const act = { ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(LAST), " ": play }[e.key];
  if (act && !(e.key === " " && e.target.tagName === "BUTTON")) { act(); e.preventDefault(); }
});
const linked = () => { const m = /step=(\d+)/.exec(location.hash); return m ? +m[1] : 0; };
addEventListener("hashchange", () => { if (linked() !== at) go(linked()); });
addEventListener("resize", () => show(at, true));
show(linked(), true);
