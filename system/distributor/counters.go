package distributor

import "weir/system/node"

// totals are what the actors of a distributor count; their sums are written at an
// orderly end. Each equals a number of records in the log.
type totals struct {
	admitted, refused  uint64 // ingress
	picks              uint64 // choosers
	retries            uint64 // retry records
	done, gaveUp, dead uint64 // workers
}

func (t *totals) add(o totals) {
	t.admitted += o.admitted
	t.refused += o.refused
	t.picks += o.picks
	t.retries += o.retries
	t.done += o.done
	t.gaveUp += o.gaveUp
	t.dead += o.dead
}

// log writes one counter record each.
func (t *totals) log(env node.Env) {
	for _, c := range []struct {
		name  string
		value uint64
	}{
		{"admitted", t.admitted}, {"refused", t.refused}, {"picks", t.picks}, {"retries", t.retries},
		{"done", t.done}, {"gave_up", t.gaveUp}, {"dead", t.dead},
	} {
		env.Log("counter").Str("name", c.name).Uint("val", c.value).End()
	}
}
