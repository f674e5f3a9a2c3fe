package logcheck

// merger yields the records of all files in the order (t, g, file, line): a heap
// of the files by their next record. Time O(log files) a record.
type merger struct {
	heap  []head
	early int64 // how much earlier the fault file is taken: the clock error
}

// head is the place of a file's next record in the order.
type head struct {
	t    int64
	g    uint64
	file int
	rd   *reader
}

func (a *head) before(b *head) bool {
	if a.t != b.t {
		return a.t < b.t
	}
	if a.g != b.g {
		return a.g < b.g
	}
	return a.file < b.file
}

// newMerger reads the first record of every file.
func newMerger(readers []*reader, clockError int64) (*merger, error) {
	m := &merger{early: clockError}
	for _, rd := range readers {
		ok, err := rd.next()
		if err != nil {
			return nil, err
		}
		if !ok {
			rd.file.Closed = true
			continue
		}
		m.heap = append(m.heap, m.headOf(rd))
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m, nil
}

func (m *merger) headOf(rd *reader) head {
	h := head{t: rd.rec.T, g: rd.rec.G, file: rd.file.Index, rd: rd}
	if rd.file.Faults {
		h.t -= m.early
	}
	return h
}

// top returns the first record in the order; nil at the end of the run.
func (m *merger) top() *Record {
	if len(m.heap) == 0 {
		return nil
	}
	return &m.heap[0].rd.rec
}

// pop passes the first record.
func (m *merger) pop() error {
	rd := m.heap[0].rd
	ok, err := rd.next()
	if err != nil {
		return err
	}
	if ok {
		m.heap[0] = m.headOf(rd)
	} else {
		rd.file.Closed = true
		last := len(m.heap) - 1
		m.heap[0] = m.heap[last]
		m.heap = m.heap[:last]
	}
	m.down(0)
	return nil
}

func (m *merger) down(i int) {
	h := m.heap
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].before(&h[child]) {
			child++
		}
		if !h[child].before(&h[i]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
