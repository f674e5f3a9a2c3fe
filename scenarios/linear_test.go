package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// totals is what the counts of a store are at a moment: the model of A2.
type totals struct{ n, msgs uint64 }

// countsOp is an operation on them: a commit of effect n with so many messages, or a
// read that shows n effects with so many messages.
type countsOp struct {
	read    bool
	n, msgs uint64
}

var countsModel = porcupine.Model{
	Init: func() any { return totals{} },
	Step: func(state, input, _ any) (bool, any) {
		s, op := state.(totals), input.(countsOp)
		if op.read {
			return s == totals{op.n, op.msgs}, s
		}
		return op.n == s.n+1, totals{op.n, s.msgs + op.msgs}
	},
	Equal: func(a, b any) bool { return a == b },
}

// operations are the commits and reads of one analyser incarnation's log, up to so many
// effects. A commit takes from its record to the first receipt that tells it.
func operations(t *testing.T, log []byte, most uint64) (ops []porcupine.Operation) {
	byID, workers := map[string]int{}, map[string]int{}
	for line := range bytes.Lines(log) {
		var r struct {
			K, A, ID, Msg, St    string
			M, N, Msgs, CS, Wait int64
		}
		if !bytes.HasPrefix(line, []byte(`{"k":"co`)) && !bytes.Contains(line, []byte(`"msg":"receipt"`)) {
			continue
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		switch {
		case r.K == "commit" && uint64(r.CS) <= most:
			if _, again := byID[r.ID]; again {
				continue // after a disk error
			}
			byID[r.ID] = len(ops)
			ops = append(ops, porcupine.Operation{ClientId: int(r.CS), Input: countsOp{n: uint64(r.CS), msgs: uint64(r.N)}, Call: r.M, Return: int64(time.Hour)})
		case r.K == "send" && (r.St == "committed" || r.St == "duplicate"):
			if i, ok := byID[r.ID]; ok {
				ops[i].Return = min(ops[i].Return, r.M)
			}
		case r.K == "counts" && uint64(r.N) <= most:
			if _, ok := workers[r.A]; !ok {
				workers[r.A] = len(workers)
			}
			ops = append(ops, porcupine.Operation{ClientId: 1_000_000 + workers[r.A], Input: countsOp{read: true, n: uint64(r.N), msgs: uint64(r.Msgs)}, Call: r.M - r.Wait, Return: r.M})
		}
	}
	return ops
}

// TestCountsAreLinearizable takes the commits and reads that the workers of analysers
// logged, faults and all, and has porcupine look for one order of them. It is a second
// opinion on A2, which shares nothing with the checker.
func TestCountsAreLinearizable(t *testing.T) {
	for _, name := range []string{"shared-store", "shared-store-away"} {
		sc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Run(sc, Options{Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.Logs {
			if !strings.HasPrefix(f.Name, "logs/a") || !strings.HasSuffix(f.Name, ".1.jsonl") {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", name, f.Name), func(t *testing.T) {
				ops := operations(t, f.Data.Bytes(), 300)
				reads := 0
				for i, op := range ops {
					if in := op.Input.(countsOp); in.read && in.n > 5 {
						reads++
						if reads == 40 { // and one that missed an update fits into no order
							wrong := append([]porcupine.Operation{}, ops...)
							in.msgs--
							wrong[i].Input = in
							if porcupine.CheckOperationsTimeout(countsModel, wrong, time.Minute) != porcupine.Illegal {
								t.Error("a lost update fits")
							}
						}
					}
				}
				if got := porcupine.CheckOperationsTimeout(countsModel, ops, time.Minute); got != porcupine.Ok || reads < 40 {
					t.Errorf("%d operations, %d reads: %s", len(ops), reads, got)
				}
			})
		}
	}
}
