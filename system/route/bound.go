package route

import (
	"fmt"
	"math/big"
)

// Limits is how far the credit of one eligible analyser may go, in parts, both
// sides counted from 0: -Overfed <= credit <= Starved.
type Limits struct {
	ID      string
	Starved int64
	Overfed int64
}

// Epoch is a span of decisions of one chooser during which the eligible
// analysers and their shares stay the same and nothing was tried before.
type Epoch struct {
	View *View
	// PacketMax is the configured largest packet in messages.
	PacketMax int
	// Largest is the largest packet of the epoch in messages, at most PacketMax.
	// Policies that count packets take 1 instead.
	Largest int
	// Start holds the credits at the epoch's start; a missing id means 0.
	Start []Credit
}

// Bound returns the limits within which the policy keeps the credit of every
// eligible analyser of the epoch, from its start to any decision in it, in
// ascending order of ids. All are proven for weights fixed in the epoch, any
// sizes 1..Largest and any start; fractions are computed exactly and rounded
// down, which loses nothing because credits are whole parts. random has no such
// limits: see RandomBound.
//
// Write n for the number of eligible analysers, p for a share as a fraction, M
// for Largest (PacketMax for finish and eligible), c for the start credits, s
// for their sum, a_j for the mean of the j largest and H_j for the j-th harmonic
// number.
//
//   - deficit, smooth: starved <= max over j of a_j + M (H_j - 1), overfed <=
//     max(-c_i, M (1 - 1/n) - s/n). Derived: if the winner is not among the k
//     analysers that are largest afterwards, it was at least their mean, so
//     a_k grows to at most a_{k+1} + M/(k+1); a_n = s/n stays. The winner was at
//     least the mean (s + m)/n before it was charged m.
//   - original: starved <= max over j of a_j + M H_{j-1}, overfed <= max(-c_i,
//     M (1 - p_i) - s/n). Derived in the same way; crediting comes second.
//   - finish: overfed <= max(-c_i, p_i ((n-1) M - s)), starved <= p_i s +
//     (1-p_i) M + sum over j != i of max(0, -p_i c_j - p_j (M - c_i)). Derived:
//     with sent_j = S p_j - c_j (S: messages decided so far) the winner has the
//     smallest (sent + M)/p, which is at most the mean over all, weighted with
//     p; and whoever won against i got at most p_j/p_i (sent_i + M) so far.
//     From zero credits: p_i (n-1) M and (1-p_i) M, both attained.
//   - eligible, with D = M - g, g = floor(M/(2n-2)) in parts: starved <= max(D,
//     c_i + sum over j != i of max(0, c_j + g)), overfed <= max(-c_i, D,
//     M' (1 - 1/n) - s/n) with M' = Largest. Derived, after Tijdeman (1980), who
//     proved D for unit packets: let i exceed D, and look at the last decision
//     for an analyser with a later deadline than i's. Everyone with a deadline
//     up to i's, at most n-1, had at most g then, and each that won later keeps
//     at least -g, so i has at most (2n-3) g <= D: contradiction. If there was
//     no such decision, i has at most what these had at the start plus g each.
//     From zero credits both sides are D.
func Bound(policy string, e Epoch) ([]Limits, error) {
	if err := checkEpoch(e); err != nil {
		return nil, err
	}
	b := newBounder(e)
	if b.n() == 0 {
		return nil, nil
	}
	if b.n() == 1 { // the one analyser gets all it is owed: nothing moves
		return []Limits{{ID: b.id(0), Starved: b.start[0], Overfed: -b.start[0]}}, nil
	}
	switch policy {
	case Deficit, "":
		return b.greedy(int64(e.Largest)), nil
	case Smooth:
		return b.greedy(1), nil
	case Original:
		return b.original(), nil
	case Finish:
		return b.finish(int64(e.PacketMax)), nil
	case Eligible:
		return b.eligible(int64(e.PacketMax), int64(e.Largest)), nil
	}
	return nil, fmt.Errorf("route: policy %q has no bound on credits", policy)
}

func checkEpoch(e Epoch) error {
	if e.View == nil {
		return fmt.Errorf("route: a bound needs a view")
	}
	if err := CheckCapacity(e.PacketMax, e.View.Len()); err != nil {
		return err
	}
	if e.Largest < 1 || e.Largest > e.PacketMax {
		return fmt.Errorf("route: largest packet %d is not in 1..%d messages", e.Largest, e.PacketMax)
	}
	return nil
}

// bounder holds the start credits of an epoch by position among the eligible.
type bounder struct {
	view   *View
	start  []int64
	sorted []int64 // start, largest first
	sum    *big.Int
}

func (b *bounder) n() int          { return len(b.view.elig) }
func (b *bounder) id(k int) string { return b.view.ids[b.view.elig[k]] }

// ratio returns x/y.
func ratio(x *big.Int, y int64) *big.Rat {
	return new(big.Rat).SetFrac(x, big.NewInt(y))
}

// parts returns the fraction rounded down, as an int64. Bounds fit: the limits
// of the package leave a factor of 16, and a start credit is an int64 itself.
func parts(x *big.Rat) int64 {
	down := new(big.Int).Div(x.Num(), x.Denom()) // Euclidean: floor for a positive divisor
	assert(down.IsInt64(), "bound of %v parts", down)
	return down.Int64()
}

// limits collects the two sides by position.
func (b *bounder) limits(starved, overfed func(k int) int64) []Limits {
	list := make([]Limits, b.n())
	for k := range list {
		list[k] = Limits{ID: b.id(k), Starved: starved(k), Overfed: overfed(k)}
	}
	return list
}
