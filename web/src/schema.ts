// SPDX-License-Identifier: Apache-2.0
// The parts of report.json that the page reads; docs/report.schema.json is the whole of it.
export interface Rule { id: string; status: string; metric: string; tolerance: number; excess: number | null; excess_low: number | null; excess_high: number | null; sentence: string }
export interface Verdict { status: string; policy: string; rules: Rule[]; not_applicable?: string[] }
export interface Metric {
  id: string; axis: string; columns: string[] | null; value: number | null; low: number | null; high: number | null; reference: number | null; floor: number | null; ceiling?: number | null; excess: number | null;
  unit: string; formula: string; n: { train: number; synthetic: number; holdout: number }; subsampled: boolean; reason?: string; detail?: string;
}
export interface Column { name: string; type: string; edges?: number[]; levels?: string[]; train: number[]; synthetic: number[]; holdout: number[]; protected: boolean }
export interface Side { name: string; rows: number; sha256?: string }
export interface Inputs { train?: Side; synthetic?: Side; holdout?: Side; target?: string | null; left_out?: string[] }
export interface Report { schema: string; inputs: Inputs; columns: Column[]; metrics: Metric[]; verdict: Verdict | null }
