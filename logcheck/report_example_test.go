package logcheck_test

import (
	"fmt"

	"weir/logcheck"
)

// A report is rendered as aligned tables; what a log names cannot reach the terminal
// as a control character.
func ExampleReport_Text() {
	r := logcheck.Report{
		Distributors: []logcheck.DistributorReport{{Node: "d1", Policy: "deficit", Epochs: []logcheck.EpochReport{{
			Decisions: 3, Messages: 4, Shares: []logcheck.ShareReport{
				{Analyser: "a1", WantedPPM: 750000, WantedMilli: 3000, Messages: 3, Packets: 2},
				{Analyser: "a2", WantedPPM: 250000, WantedMilli: 1000, Messages: 1, Packets: 1},
			}}}}},
		Totals: logcheck.TotalsReport{Emitted: 3, Acked: 3, Decisions: 3, Committed: 3, Unique: 3, UniqueMessages: 4},
	}
	fmt.Print(r.Text())
	// Output:
	// d1, policy deficit: shares wanted and decided
	//   epoch  analyser  wanted %  messages %  packets %  wanted  messages  packets
	//       1  a1         75.0000     75.0000    66.6666   3.000         3        2
	//          a2         25.0000     25.0000    33.3333   1.000         1        1
	// emitted 3  acked 3  rejected 0  expired 0  decisions 3 (0 retries)
	// committed 3 packets, 3 of them unique with 4 messages; 0 duplicates suppressed
}
