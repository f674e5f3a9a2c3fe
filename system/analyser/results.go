package analyser

import (
	"weir/system/digest"
	"weir/system/node"
	"weir/system/record"
)

// Files are the names of the files of a store in an analyser's data folder, the snapshot
// last, which is the order to read them in while the analyser runs.
var Files = [3]string{fileLogs[0], fileLogs[1], fileSnapshot}

// tellResults writes what the digest of the store adds up to. It is told when it was
// recovered and at an orderly end: the same effects must give the same then.
func (a *analyser) tellResults(env node.Env) {
	if a.store == nil || a.store.Results() == nil {
		return
	}
	tellDigest(env, a.store.N(), a.store.Lost(), a.store.Results())
}

// tellDigest writes what effects 1 to n but for the lost add up to.
func tellDigest(env node.Env, n, lost uint64, d *digest.Digest) {
	ln := env.Log("digest")
	if ln.Kept() {
		all := d.Total()
		ln.Uint("n", n).Uint("lost", lost).Uint("pkts", d.Packets()).Uint("msgs", all.Messages()).
			Uint("errs", all.Errors()).Hex64("dg", d.Sum()).Hex64("hash", d.Hash())
	}
	ln.End()
}

// resultsSum is what the newest commit adds to the digest's sum, 0 without a digest.
func (a *analyser) resultsSum() uint64 {
	if a.store.Results() == nil {
		return 0
	}
	return a.store.ResultsSum()
}

// addSum tells it in the record of a commit.
func (a *analyser) addSum(ln *record.Line, sum uint64) *record.Line {
	if a.store.Results() == nil {
		return ln
	}
	return ln.Hex64("dg", sum)
}

// resultSamples tells the digest by level. Its other keys come from outside and are no
// labels: there may be any number of them.
func (a *analyser) resultSamples(s []node.Sample) []node.Sample {
	if a.store == nil || a.store.Results() == nil {
		return s
	}
	return levelSamples(s, a.store.Results().Total().Levels)
}

func levelSamples(s []node.Sample, levels [digest.Levels]uint64) []node.Sample {
	for i, n := range levels {
		s = append(s, node.Count("results_messages", digest.LevelName(i), n))
	}
	return s
}
