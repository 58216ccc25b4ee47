"""Whether the stated rate of false alarms holds: anomalies and findings reported in a month of clean series.

Run as ``python -m bench.anomaly_rate``. Ten clean series (``bench.faults``) go through the whole pipeline as it ships,
with each of several settings of ``false_alarms_per_month``; reported is the mean over all series after the warm-up.
What the sensor checks doubt raises no anomalies, so findings and anomalies are counted in the same run.
"""

from __future__ import annotations

from agent.analysis.pipeline import Analysis, Pipeline
from agent.config.settings import AnomalySettings, CheckSettings
from bench.anomaly.data import Series, clean, stamp
from bench.faults import WARM_UP
from contract.events import Anomaly, SensorFault
from contract.types import Reading
from contract.units import Unit

RATES = (0.5, 1.0, 2.0, 5.0, 10.0)
MONTH_S = 30 * 86400.0


def counts(rows: Series, per_month: float) -> tuple[int, int, float]:
    """Anomalies, findings, months."""
    settings = Analysis(
        check=CheckSettings(false_alarms_per_month=per_month), anomaly=AnomalySettings(false_alarms_per_month=per_month)
    )
    pipeline = Pipeline(settings, {})
    anomalies = findings = 0
    for index, (time_s, value) in enumerate(rows):
        at = stamp(time_s)
        reading = Reading(device="d", quantity="value", value=value, unit=Unit.ONE, at=at)
        for event in (*pipeline.flush(at), *pipeline.process(reading)):
            if index >= WARM_UP and getattr(event.body, "phase", "") == "begin":
                anomalies += isinstance(event.body, Anomaly)
                findings += isinstance(event.body, SensorFault)
    return anomalies, findings, (rows[-1][0] - rows[WARM_UP][0]) / MONTH_S


def main() -> None:
    data = clean()
    print(f"{len(data)} clean series; reported per quantity and 30 days")
    print(f"{'allowed':>10}{'anomalies':>12}{'findings':>12}{'worst series':>16}")
    for rate in RATES:
        counts = [counts(rows, rate) for rows in data.values()]
        months = sum(one[2] for one in counts)
        worst = max((one[0] + one[1]) / one[2] for one in counts)
        anomalies, findings = (sum(one[place] for one in counts) / months for place in (0, 1))
        print(f"{rate:10.1f}{anomalies:12.2f}{findings:12.2f}{worst:16.2f}", flush=True)


if __name__ == "__main__":
    main()
