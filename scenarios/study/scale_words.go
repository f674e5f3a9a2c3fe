package study

import "fmt"

func (s *Study) scaleAnswer(t *Table) []string {
	at := func(m, load, n string) Stat { return s.stat(t, m, load, n) }
	return []string{
		fmt.Sprintf("It comes near the best choice and stays there: at the end of the great load there are %s workers by CPU (`step`), %s (`ramp`), where the knee asks for %d; by CPU and wait %s and %s. It never wavers: the number goes up, and down again when the load does (%s turn of direction in a run). After a step the last change comes after %s s, of %s in all (CPU).",
			at("peak_workers", stepLoad, byCPU), at("peak_workers", rampLoad, byCPU), peakCrew, at("peak_workers", stepLoad, byBoth), at("peak_workers", rampLoad, byBoth), at("turns", stepLoad, byCPU),
			at("settled", stepLoad, byCPU), at("steps", stepLoad, byCPU)),
		fmt.Sprintf("It is late: after a step to eight times the load there are %d workers after %s s by CPU, %s s with the wait, because who is busy all the time looks the same however much waits, so that CPU asks for at most 1.4 times as many at each decision; the wait asks for as many as are missing and more, and goes up to %s workers before it comes down. Meanwhile packets are refused: 99 of 100 are acknowledged within %s ms (CPU) and %s (with the wait), with %d workers from the beginning within %s.",
			peakCrew, at("enough", stepLoad, byCPU), at("enough", stepLoad, byBoth), at("most", stepLoad, byBoth), at("response_p99", stepLoad, byCPU), at("response_p99", stepLoad, byBoth), peakCrew, at("response_p99", stepLoad, "5")),
		fmt.Sprintf("A ramp it follows: %s ms by CPU, against %s with %d from the beginning and %s with 3, for %s workers on average. Bursts shorter than its decisions it only meets with what the last one left: %s ms.",
			at("response_p99", rampLoad, byCPU), at("response_p99", rampLoad, "5"), peakCrew, at("response_p99", rampLoad, "3"), at("held", rampLoad, byCPU), at("response_p99", burstLoad, byCPU)),
		fmt.Sprintf("It saves workers: on average %s, %s and %s (by CPU; step, ramp, bursts), where a crew for the great load has %d.", at("held", stepLoad, byCPU), at("held", rampLoad, byCPU), at("held", burstLoad, byCPU), peakCrew),
	}
}

func (s *Study) scaleFindings(t *Table) []Finding {
	near, quick, saves, turns, sooner := true, true, true, true, 0
	for _, load := range loadShapes {
		end := s.stat(t, "peak_workers", load, byCPU).Mean
		near = near && (load == burstLoad || end >= (peakCrew-1)*1000 && end <= (peakCrew+1)*1000)
		quick = quick && s.stat(t, "response_p99", load, byCPU).Low <= 2*s.stat(t, "response_p99", load, fmt.Sprint(peakCrew)).High
		if s.stat(t, "response_p99", load, byBoth).High < s.stat(t, "response_p99", load, byCPU).Low {
			sooner++
		}
		for _, auto := range []string{byCPU, byBoth} {
			saves = saves && s.stat(t, "held", load, auto).High < peakCrew*1000
			turns = turns && s.stat(t, "turns", load, auto).High <= 1000
		}
	}
	follows := verdict(near && quick)
	if near != quick {
		follows = inPart
	}
	return []Finding{
		{"Adjusting the number \"would help ensure that the system can handle varying loads efficiently without overloading any single worker actor\"", "the original", follows,
			fmt.Sprintf("Efficiently, yes: it ends within one worker of the best choice after a step and a ramp. Without overload, no: until it has followed, the workers that there are are overloaded, and 99 of 100 packets take %s ms (step) instead of %s.", s.stat(t, "response_p99", stepLoad, byCPU), s.stat(t, "response_p99", stepLoad, fmt.Sprint(peakCrew)))},
		{"\"CPU usage\" alone tells as much as \"CPU usage … and response times\"", "a guess of ours", verdict(sooner == 0),
			fmt.Sprintf("With the wait for a worker as a second signal the response is clearly shorter for %d of %d loads: CPU cannot tell how much too much there is.", sooner, len(loadShapes))},
		{"The number does not waver", "the direction (S3, S4: hysteresis and cooldown)", verdict(turns), "One turn of direction a run at most, in all cells."},
		{"Following the load takes fewer workers than a crew for the great load", "the original (\"efficiently\")", verdict(saves),
			fmt.Sprintf("On average %s workers (step), %s (ramp), %s (bursts) by CPU, instead of %d.", s.stat(t, "held", stepLoad, byCPU), s.stat(t, "held", rampLoad, byCPU), s.stat(t, "held", burstLoad, byCPU), peakCrew)},
	}
}
