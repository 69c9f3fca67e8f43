/**
 * The Grafana dashboard is complete and can be imported anywhere, and asks only for metrics and labels that
 * the operator has. That its queries answer is tested in test/integration/monitoring.
 */
import { expect } from 'chai';
import { ownMetrics } from '../own-metrics.ts';
import { askingVariables, type GridPos, panelsOf, readDashboard } from './dashboard.ts';
import { impossible, selectorsIn } from './selectors.ts';

const DASHBOARD = readDashboard();
const PANELS = panelsOf(DASHBOARD);
const METRICS = ownMetrics();
const COLUMNS = 24;

/** Labels of the target, and of an object's namespace without `honor_labels`. */
const OF_THE_TARGET = ['job', 'instance', 'pod', 'namespace', 'exported_namespace', 'shard'];

/** What Grafana itself gives a value to. */
const BUILT_IN = ['__rate_interval'];

const QUERIES: readonly { readonly of: string; readonly expr: string; readonly legend: string }[] = [
  ...PANELS.flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat = '' }) => ({ of: title, expr, legend: legendFormat })),
  ),
  ...askingVariables(DASHBOARD).map(({ name, query }) => ({ of: `$${name}`, expr: query, legend: '' })),
];

describe('the dashboard', () => {
  it('keeps its address, and asks for nothing when it is imported', () => {
    expect(DASHBOARD.uid).to.equal('edge-transcode-jobs');
    expect(DASHBOARD).not.to.have.any.keys('__inputs', '__requires', 'id');
  });

  it('begins with freshness', () => {
    expect(DASHBOARD.panels.slice(0, 2).map(({ title }) => title)).to.deep.equal(['Freshness', 'Fresh']);
  });

  it('reads everything from the data source that the user chooses', () => {
    const { list } = DASHBOARD.templating;
    expect(list[0]).to.include({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const chosen = { type: 'prometheus', uid: '$datasource' };
    for (const { datasource, name } of list.slice(1)) expect(datasource, name).to.deep.equal(chosen);
    for (const { title, datasource, targets } of PANELS)
      for (const each of [datasource, ...targets.map((target) => target.datasource)])
        expect(each, title).to.deep.equal(chosen);
  });

  it('has an ID and a place for each panel, none over another', () => {
    const { panels } = DASHBOARD;
    expect(new Set(panels.map(({ id }) => id))).to.have.lengthOf(panels.length);
    for (const [index, { title, gridPos }] of panels.entries()) {
      expect(gridPos.x + gridPos.w, title).to.be.within(1, COLUMNS);
      const over = panels.slice(0, index).filter((other) => overlap(gridPos, other.gridPos));
      expect(over, title).to.deep.equal([]);
    }
  });

  it('explains each panel, and gives each value a unit', () => {
    for (const { title, description, fieldConfig, targets } of PANELS) {
      expect(description, title).to.match(/^.{40,}\.$/);
      expect(fieldConfig.defaults.unit, title).to.match(/./);
      expect(targets, title).not.to.deep.equal([]);
      expect(new Set(targets.map(({ refId }) => refId))).to.have.lengthOf(targets.length);
    }
  });

  it('shows 0 where nothing is wrong, but no number where nothing is known', () => {
    const counts = QUERIES.filter(({ expr }) => expr.startsWith('count('));
    expect(counts.map(({ of }) => of)).to.include.members(['Not fresh', 'Objects with a problem']);
    for (const { of, expr } of QUERIES) {
      expect(expr, of).not.to.match(/vector\(|absent/);
      if (expr.startsWith('count(')) expect(expr, of).to.contain(' or 0 * count(');
    }
  });

  it('uses only variables that it has', () => {
    const known = [...DASHBOARD.templating.list.map(({ name }) => name), ...BUILT_IN];
    // $1 is the group of a label_replace.
    for (const { of, expr } of QUERIES)
      expect(known, of).to.include.members(
        Array.from(expr.matchAll(/\$([a-z_]\w*)/g), ([, name = '']) => name),
      );
  });

  it('limits each query to the chosen operators', () => {
    for (const { of, expr } of QUERIES.filter(({ of }) => !of.startsWith('$')))
      for (const [selector] of expr.matchAll(/edgetranscode_\w+(\{[^}]*\})?/g))
        expect(selector, of).to.contain('job=~"$job", shard=~"$shard"');
  });

  it('selects and groups by metrics, labels and values that the operator has, and writes only these', () => {
    for (const { of, expr, legend } of QUERIES) {
      const selectors = selectorsIn(expr);
      expect(selectors, of).not.to.deep.equal([]);
      const labels = selectors.map(({ name }) => labelsOf(name));
      for (const [index, { name, matchers }] of selectors.entries())
        expect(labels[index], `${of}: ${name}`).to.include.members(matchers.map(({ label }) => label));
      expect(selectors.flatMap(impossible), of).to.deep.equal([]);
      const grouped = Array.from(
        expr.matchAll(/(?:by|ignoring|on|group_left) \(([^)]+)\)/g),
        ([, list = '']) => list.split(', '),
      );
      const written = Array.from(legend.matchAll(/\{\{(\w+)\}\}/g), ([, label]) => label);
      expect(labels.flat(), of).to.include.members([...grouped.flat(), ...written]);
    }
  });
});

/** @throws for a metric that the operator has not */
function labelsOf(series: string): readonly string[] {
  const own = METRICS.get(series);
  if (own) return [...own, ...OF_THE_TARGET];
  const histogram = METRICS.get(series.replace(/_bucket$/, ''));
  if (!histogram) throw new Error(`the operator has no metric ${series}`);
  return [...histogram, 'le', ...OF_THE_TARGET];
}

function overlap(one: GridPos, other: GridPos): boolean {
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}
