// SPDX-License-Identifier: Apache-2.0
// Shows report.json: the verdict and its rules, every figure beside its reference, each column real against synthetic, and
// which pairs of columns broke. It computes nothing that a reader could take for a result.
import { BarChart, HeatmapChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Column, Metric, Report, Rule } from "./schema";

use([BarChart, HeatmapChart, GridComponent, LegendComponent, TooltipComponent, VisualMapComponent, SVGRenderer]);

const colours = { train: "#5b6b7b", synthetic: "#c2571a", holdout: "#2a7f8e" };
const titles: Record<string, string> = { pass: "Pass", fail: "Fail", inconclusive: "Inconclusive" };

function element<K extends keyof HTMLElementTagNameMap>(tag: K, text = "", className = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toFixed(3);
}

// Numbers of a column as people write them: days, and microseconds, since 1970.
function edge(type: string, value: number): string {
  const moment = new Date(type === "date" ? value * 86400000 : value / 1000);
  if (type === "integer") return String(value);
  if (!["date", "timestamp", "time"].includes(type) || Number.isNaN(moment.getTime())) return figure(value);
  const text = moment.toISOString();
  return type === "date" ? text.slice(0, 10) : type === "time" ? text.slice(11, 16) : text.slice(0, 16).replace("T", " ");
}

function interval(low: number | null | undefined, high: number | null | undefined): string {
  return low === null || low === undefined || high === null || high === undefined ? "" : `[${figure(low)}, ${figure(high)}]`;
}

function table(head: string[], rows: (string | HTMLElement)[][], className: string): HTMLElement {
  const frame = element("div", "", "scroll");
  const made = element("table", "", className);
  const headRow = made.createTHead().insertRow();
  for (const title of head) headRow.appendChild(element("th", title));
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const cell of row) {
      const place = line.insertCell();
      if (typeof cell === "string") place.textContent = cell;
      else place.appendChild(cell);
    }
  }
  frame.appendChild(made);
  return frame;
}

function section(page: HTMLElement, title: string, lead = ""): HTMLElement {
  const made = element("section");
  made.appendChild(element("h2", title));
  if (lead) made.appendChild(element("p", lead, "lead"));
  page.appendChild(made);
  return made;
}

function badge(status: string): HTMLElement {
  return element("span", titles[status] ?? status, `badge ${status}`);
}

function showVerdict(page: HTMLElement, report: Report): void {
  const verdict = report.verdict;
  const header = element("header");
  header.appendChild(element("p", "Mintmark report", "brand"));
  const title = element("h1", report.inputs.synthetic?.name ?? "synthetic rows");
  title.appendChild(badge(verdict ? verdict.status : "not judged"));
  header.appendChild(title);
  const sizes = (["train", "synthetic", "holdout"] as const).map((side) => `${(report.inputs[side]?.rows ?? 0).toLocaleString("en")} ${side} rows`);
  header.appendChild(element("p", [...sizes, report.inputs.target ? `target ${report.inputs.target}` : "no target"].join(" · "), "lead"));
  page.appendChild(header);
  if (!verdict) return;
  const rules = section(page, "Verdict", "A rule fails when the whole 95 % interval of the excess over real data lies beyond the tolerance, passes when it lies within, and is inconclusive otherwise.");
  rules.appendChild(table(["Rule", "", "Excess over real", "95 % interval", "Harm begins at", "In words"],
    verdict.rules.map((rule: Rule) => [rule.id, badge(rule.status), figure(rule.excess), interval(rule.excess_low, rule.excess_high), figure(rule.tolerance), rule.sentence]), "verdict"));
  if (verdict.not_applicable?.length) rules.appendChild(element("p", `Not judged, because there is nothing here to judge: ${verdict.not_applicable.join(", ")}. Figures below say why.`, "lead"));
}

function showFigures(page: HTMLElement, report: Report): void {
  const whole = report.metrics.filter((metric) => !(metric.columns && metric.id.startsWith("fidelity.")));
  const shown = section(page, "Figures", "Each with its 95 % interval, what fresh real rows get (reference), the best that 97.5 % of fresh real samples show (ceiling: beyond it a figure is better than real, as copies are), and what independent columns get (floor).");
  shown.appendChild(table(["Figure", "Column", "Value", "95 % interval", "Reference", "Ceiling", "Floor", "Unit", "n synthetic / holdout", "Note"],
    whole.map((metric: Metric) => [metric.id, (metric.columns ?? []).join(", "), figure(metric.value), interval(metric.low, metric.high), figure(metric.reference), figure(metric.ceiling), figure(metric.floor), metric.unit,
      `${metric.n.synthetic.toLocaleString("en")} / ${metric.n.holdout.toLocaleString("en")}`, [metric.reason, metric.detail, metric.subsampled ? "subsampled" : undefined].filter(Boolean).join("; ")]), "figures"));
}

function shares(counts: number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  return counts.map((count) => Math.round((1000000 * count) / total) / 10000);
}

/** Bins of whole numbers and days are named by the first and the last that they hold; ends of others have the decimals that tell them apart. */
function binLabels(type: string, edges: number[]): string[] {
  const whole = type === "integer" || type === "date";
  const decimals = Math.min(20, Math.max(0, Math.ceil(-Math.log10(edges[1] - edges[0])) + 1));
  const name = (value: number): string => (type === "float" ? value.toFixed(decimals) : edge(type, value));
  return edges.slice(0, -1).map((low, i) => {
    const high = whole ? edges[i + 1] - 1 : edges[i + 1];
    return whole && high === low ? name(low) : `${name(low)} – ${name(high)}`;
  });
}

function drawColumn(place: HTMLElement, column: Column): void {
  const labels = column.levels ?? binLabels(column.type, column.edges ?? []);
  const series = (["holdout", "synthetic"] as const).map((side) => ({ name: side, type: "bar" as const, data: shares(column[side]), itemStyle: { color: colours[side] }, barGap: "0%", barCategoryGap: "20%" }));
  init(place, undefined, { renderer: "svg", width: place.clientWidth || 300, height: 170 }).setOption({
    animation: false, grid: { left: 34, right: 6, top: 8, bottom: 22 }, tooltip: { trigger: "axis", valueFormatter: (value: unknown) => `${String(value)} %`, confine: true },
    xAxis: { type: "category", data: labels, axisTick: { show: false }, axisLabel: { fontSize: 9, hideOverlap: true, width: 70, overflow: "truncate" } }, yAxis: { type: "value", splitNumber: 3, axisLabel: { fontSize: 9 } }, series,
  });
}

function showColumns(page: HTMLElement, report: Report): void {
  const shown = section(page, "Columns", "Share of rows in percent: holdout beside synthetic. Levels of fewer than five train rows are counted as (other); outer bars of numbers hold what lies beyond.");
  const key = element("p", "", "key");
  for (const side of ["holdout", "synthetic"] as const) {
    const mark = element("span", side);
    mark.style.borderLeft = `12px solid ${colours[side]}`;
    key.appendChild(mark);
  }
  shown.appendChild(key);
  const grid = element("div", "", "grid");
  shown.appendChild(grid);
  const errors = new Map(report.metrics.filter((metric) => metric.id === "fidelity.shape.ks" || metric.id === "fidelity.shape.tvd").map((metric) => [metric.columns?.[0], metric]));
  const draw = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      draw.unobserve(entry.target);
      const place = entry.target as HTMLElement;
      drawColumn(place, report.columns[Number(place.dataset.index)]);
    }
  }, { rootMargin: "400px" });
  report.columns.forEach((column, index) => {
    const card = element("div", "", "card");
    const error = errors.get(column.name);
    card.appendChild(element("h3", column.name));
    card.appendChild(element("p", `${column.type}${error ? ` · distance ${figure(error.value)} % (real ${figure(error.reference)} %)` : ""}`, "small"));
    const place = element("div", "", "plot");
    place.dataset.index = String(index);
    card.appendChild(place);
    grid.appendChild(card);
    draw.observe(place);
  });
}

function showPairs(page: HTMLElement, report: Report): void {
  const pairs = report.metrics.filter((metric) => metric.id.startsWith("fidelity.trend.") && metric.columns?.length === 2 && metric.value !== null);
  if (!pairs.length) return;
  const shown = section(page, "Pairs", "How far each pair's dependence is from the holdout's, beyond what fresh real rows show, in percent.");
  const names = report.columns.map((column) => column.name);
  const place = element("div", "", "heat");
  shown.appendChild(place);
  const data = pairs.flatMap((metric) => {
    const [a, b] = (metric.columns ?? []).map((name) => names.indexOf(name));
    const excess = Math.round(100 * Math.max(0, metric.excess ?? 0)) / 100;
    return [[a, b, excess], [b, a, excess]];
  });
  const height = Math.min(900, Math.max(320, 24 * names.length + 120));
  init(place, undefined, { renderer: "svg", width: place.clientWidth || 800, height }).setOption({
    animation: false, grid: { left: 130, right: 20, top: 10, bottom: 120 }, tooltip: { confine: true, formatter: (item: { data: number[] }) => `${names[item.data[0]]} × ${names[item.data[1]]}: ${item.data[2]} %` },
    xAxis: { type: "category", data: names, axisLabel: { rotate: 60, fontSize: 10, width: 110, overflow: "truncate" } }, yAxis: { type: "category", data: names, axisLabel: { fontSize: 10, width: 120, overflow: "truncate" } },
    visualMap: { min: 0, max: Math.max(5, ...data.map((cell) => cell[2])), orient: "horizontal", left: 130, bottom: 4, itemHeight: 120, inRange: { color: ["#f2f5f7", "#f0b27a", "#b03a2e"] }, textStyle: { fontSize: 10 } },
    series: [{ type: "heatmap", data }],
  });
}

function showInputs(page: HTMLElement, report: Report): void {
  const shown = section(page, "Inputs");
  const rows = (["train", "synthetic", "holdout"] as const).map((side) => [side, report.inputs[side]?.name ?? "", String(report.inputs[side]?.rows ?? ""), report.inputs[side]?.sha256 ?? ""]);
  shown.appendChild(table(["", "File", "Rows", "SHA-256"], rows, "inputs"));
  if (report.inputs.left_out?.length) shown.appendChild(element("p", `Left out of the judgement: ${report.inputs.left_out.join(", ")}.`));
  shown.appendChild(element("p", "A privacy figure says which leak would have been visible. It is not a guarantee, and nothing here makes the rows free of personal data in law.", "lead"));
}

const page = document.getElementById("report");
const source = document.getElementById("data")?.textContent;
if (page && source) {
  const report = JSON.parse(source) as Report;
  page.textContent = "";
  showVerdict(page, report);
  showColumns(page, report);
  showPairs(page, report);
  showFigures(page, report);
  showInputs(page, report);
}
