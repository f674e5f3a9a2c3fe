package study

import "fmt"

func (s *Study) acksAnswer(t *Table) []string {
	at := func(m, p, c string) Stat { return s.stat(t, m, p, c) }
	return []string{
		fmt.Sprintf("To acknowledge before the sync saves the sync, %s ms instead of %s for half of the packets, and loses what was promised: %s acknowledged packets when the largest of four analysers loses power, %s when all do. Synced, none is lost in any run, however the sync is made.",
			at("response_p50", writtenAck, calm), at("response_p50", syncedAck, calm), at("lost", writtenAck, powerCut), at("lost", writtenAck, blackout)),
		fmt.Sprintf("Sharing a sync is what makes the promise cheap under load: at 3,000 packets a second, %s syncs a packet and a response of %s ms (99 of 100); a sync for each packet keeps the largest analyser's disk busy all the time and takes %s. With few packets there is nothing to share, and no difference.",
			at("syncs", syncedAck, busy), at("response_p99", syncedAck, busy), at("response_p99", aloneAck, busy)),
		fmt.Sprintf("Not to lose is paid with doubles: when %s receipts are lost, %s packets stand at two analysers, because only a second attempt, at another analyser, makes sure. An analyser that loses power doubles next to nothing (%s).",
			at("failed", syncedAck, noReceipts), at("doubled", syncedAck, noReceipts), at("doubled", syncedAck, powerCut)),
		fmt.Sprintf("An emitter that gives up after half a second has its answer in time (%s ms instead of %s, 99 of 100 of the acknowledged) and %s packets that nobody has when all analysers are away for one second: told, but not kept.",
			at("response_p99", horizonAck, blackout), at("response_p99", syncedAck, blackout), at("given_up", horizonAck, blackout)),
		fmt.Sprintf("A distributor that acknowledges from its own disk answers sooner, within %s ms instead of %s (half of the packets), and keeps answering while all analysers are away: %s ms instead of %s (99 of 100), without a loss in any run, its own power cut included. It is paid with a second sync of each packet (%s syncs a packet, with 3,000 a second %s), and with effects that come later than the acknowledgement.",
			at("response_p50", spooledAck, calm), at("response_p50", syncedAck, calm), at("response_p99", spooledAck, blackout), at("response_p99", syncedAck, blackout), at("syncs", spooledAck, calm), at("syncs", spooledAck, busy)),
		fmt.Sprintf("Four workers of an analyser over one store keep the same promise and cost nothing where the disk decides (%s ms busy, %s with one). Where packets take time they are what helps: %s ms instead of %s.",
			at("response_p99", crewAck, busy), at("response_p99", syncedAck, busy), at("response_p99", crewAck, heavy), at("response_p99", syncedAck, heavy)),
	}
}

func (s *Study) acksFindings(t *Table) []Finding {
	at := func(m, p, c string) Stat { return s.stat(t, m, p, c) }
	lost, keeps := int64(0), true
	for _, l := range s.factor("condition").Levels {
		for _, p := range promises[:len(promises)-1] {
			lost += at("lost", p, l.Name).Mean
		}
		keeps = keeps && at("failed", syncedAck, l.Name).N == s.Seeds
	}
	one, four := at("response_p99", syncedAck, heavy), at("response_p99", crewAck, heavy)
	return []Finding{
		{"An acknowledgement that does not wait for the sync loses acknowledged packets; one that does, none", "the direction (reliability: never acknowledge without stating when it is synced)", verdict(lost == 0 && keeps && at("lost", writtenAck, powerCut).Low > 0),
			fmt.Sprintf("%s and %s lost (one, all lose power) against none in %d cells.", at("lost", writtenAck, powerCut), at("lost", writtenAck, blackout), (len(promises)-1)*len(s.factor("condition").Levels))},
		{"A distributor's own spool lets it acknowledge \"at its own durability\" and survive analysers that are away", "the direction", verdict(at("response_p99", spooledAck, blackout).High < at("response_p99", syncedAck, blackout).Low && at("response_p50", spooledAck, calm).High < at("response_p50", syncedAck, calm).Low),
			fmt.Sprintf("All analysers away for a second: %s ms instead of %s; calm %s instead of %s (half of the packets).", at("response_p99", spooledAck, blackout), at("response_p99", syncedAck, blackout), at("response_p50", spooledAck, calm), at("response_p50", syncedAck, calm))},
		{"A sync for each packet costs more than one for many", "a guess of ours", verdict(at("response_p99", aloneAck, busy).Low > at("response_p99", syncedAck, busy).High),
			fmt.Sprintf("Under load: %s ms instead of %s. With 300 packets a second: %s and %s.", at("response_p99", aloneAck, busy), at("response_p99", syncedAck, busy), at("response_p99", aloneAck, calm), at("response_p99", syncedAck, calm))},
		{"\"Running multiple workers would allow for better parallelism and improved throughput\" of an analyser, with \"state in shared storage\"", "the original", workersVerdict(one, four, at("response_p99", syncedAck, busy), at("response_p99", crewAck, busy)),
			fmt.Sprintf("Where packets take time: response %s ms instead of %s. Not where the disk decides: %s and %s.", four, one, at("response_p99", crewAck, busy), at("response_p99", syncedAck, busy))},
		{"Effects stand at two analysers only where receipts are lost", "the direction (at least once)", verdict(at("doubled", syncedAck, calm).Mean == 0 && at("doubled", syncedAck, busy).Mean == 0 && at("doubled", syncedAck, noReceipts).Low > 0),
			fmt.Sprintf("Calm and busy none, receipts lost %s.", at("doubled", syncedAck, noReceipts))},
	}
}

// workersVerdict is right if four workers are clearly quicker than one with both loads, in
// part if with one of them.
func workersVerdict(one, four, oneBusy, fourBusy Stat) string {
	a, b := four.High < one.Low, fourBusy.High < oneBusy.Low
	if a != b {
		return inPart
	}
	return verdict(a)
}
