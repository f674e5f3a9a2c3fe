package sim

// table maps 64-bit keys to indices: open addressing, linear probing, deletion
// by shifting back. Unlike a Go map it never allocates once it is large enough
// for the entries it holds, whatever comes and goes.
type table struct {
	keys  []uint64 // 0 = free; key 0 is never stored
	vals  []int32
	count int
	shift uint8
}

func (t *table) home(k uint64) int { return int(k * mixA >> t.shift) }

// get returns the value of k, or -1.
func (t *table) get(k uint64) int32 {
	if t.count == 0 || k == 0 {
		return -1
	}
	mask := len(t.keys) - 1
	for i := t.home(k); ; i = (i + 1) & mask {
		switch t.keys[i] {
		case k:
			return t.vals[i]
		case 0:
			return -1
		}
	}
}

// put stores a key that is not in the table.
func (t *table) put(k uint64, v int32) {
	assert(k != 0, "a table key is not 0")
	if 2*(t.count+1) > len(t.keys) {
		t.grow()
	}
	mask := len(t.keys) - 1
	i := t.home(k)
	for t.keys[i] != 0 {
		assert(t.keys[i] != k, "a table key is stored once")
		i = (i + 1) & mask
	}
	t.keys[i], t.vals[i] = k, v
	t.count++
}

// grow doubles the table.
func (t *table) grow() {
	keys, vals := t.keys, t.vals
	n := max(16, 2*len(keys))
	t.keys, t.vals, t.count = make([]uint64, n), make([]int32, n), 0
	t.shift = 64
	for size := n; size > 1; size >>= 1 {
		t.shift--
	}
	for i, k := range keys {
		if k != 0 {
			t.put(k, vals[i])
		}
	}
}

// del removes k and returns its value, or -1.
func (t *table) del(k uint64) int32 {
	if t.count == 0 || k == 0 {
		return -1
	}
	mask := len(t.keys) - 1
	i := t.home(k)
	for t.keys[i] != k {
		if t.keys[i] == 0 {
			return -1
		}
		i = (i + 1) & mask
	}
	v := t.vals[i]
	t.count--
	for j := (i + 1) & mask; t.keys[j] != 0; j = (j + 1) & mask {
		// Move j's entry into the gap unless its home lies after the gap.
		if (j-t.home(t.keys[j]))&mask >= (j-i)&mask {
			t.keys[i], t.vals[i] = t.keys[j], t.vals[j]
			i = j
		}
	}
	t.keys[i] = 0
	return v
}
