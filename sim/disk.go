package sim

// DiskOp is a disk operation.
type DiskOp uint8

const (
	DiskAppend DiskOp = iota + 1 // add bytes to the end of a file, creating it
	DiskSync                     // make a file durable
	DiskRead                     // read a whole file
	DiskRename                   // put a file into place, replacing another
	DiskRemove                   // remove a file
)

var diskOpNames = [...]string{"none", "append", "sync", "read", "rename", "remove"}

// String returns the operation's name in lower case.
func (op DiskOp) String() string {
	if int(op) < len(diskOpNames) {
		return diskOpNames[op]
	}
	return "unknown"
}

// Files is a disk as an actor sees it. Every operation returns a token at once
// and completes later with a DiskDone event; operations of a node take effect
// and complete in the order in which they were asked for. Beyond
// Limits.Outstanding they complete with ErrOutstanding and have no effect.
//
// What an append writes survives the end of the process (Ctx.Exit), but a
// crash of the node only once a sync of the file has completed. Rename and
// remove are atomic and durable at completion; a rename does not sync the
// bytes: after a crash the new name holds what was synced, maybe nothing.
type Files struct{ c *Ctx }

// Append adds data to the end of the file, which it creates if need be, and
// syncs the file if sync is true. data must not change before the completion.
func (f Files) Append(file string, data []byte, sync bool) Token {
	return f.submit(diskOp{op: DiskAppend, file: file, data: data, sync: sync})
}

// Sync makes all bytes of the file durable.
func (f Files) Sync(file string) Token { return f.submit(diskOp{op: DiskSync, file: file}) }

// Read reads the whole file; the bytes are the reader's own.
func (f Files) Read(file string) Token { return f.submit(diskOp{op: DiskRead, file: file}) }

// Rename gives the file from the name to, replacing what had it.
func (f Files) Rename(from, to string) Token {
	return f.submit(diskOp{op: DiskRename, file: from, to: to})
}

// Remove removes the file.
func (f Files) Remove(file string) Token { return f.submit(diskOp{op: DiskRemove, file: file}) }

func (f Files) submit(op diskOp) Token {
	a := f.c.live()
	op.actor, op.token = a.id, a.node.token()
	a.node.disk.submit(a, op)
	return op.token
}

// diskOp is one operation under way.
type diskOp struct {
	op    DiskOp
	sync  bool
	actor ActorID
	token Token
	file  string
	to    string
	data  []byte
}

// file is a file: its bytes and how many of them a crash would leave.
type file struct {
	name   string
	data   []byte
	synced int
	named  bool // the name itself is durable
}

// Disk is a node's disk; its exported methods are faults and inspection. It
// outlives the process.
type Disk struct {
	n     *node
	seed  uint64
	files []*file // in the order of creation
	used  int64
	ops   []diskOp // under way, from ops[head]
	head  int
	last  int64  // when the last of them is due
	count uint64 // operations so far: the counter of draws
	acts  uint64 // faults that drew so far
	owed  int    // operations that are due but stalled

	lie, tear, full, broken, stalled bool
}

func (d *Disk) init(n *node) {
	d.n = n
	d.seed = scramble(n.w.seed ^ scramble(hashName("disk\x00"+n.cfg.Name)))
}

// submit starts an operation.
func (d *Disk) submit(a *actor, op diskOp) {
	w := d.n.w
	if a.diskOps >= w.limits.Outstanding || !a.alive {
		i := d.done(&op, failOutstanding, nil)
		w.schedule(w.now, i)
		return
	}
	a.diskOps++
	if d.head > 0 && d.head == len(d.ops) {
		d.ops, d.head = d.ops[:0], 0
	}
	d.ops = append(d.ops, op)
	l := &d.n.cfg.DiskLatency
	if op.op == DiskSync || op.op == DiskAppend && op.sync {
		l = &d.n.cfg.DiskSyncLatency
	}
	d.last = max(satAdd(w.now, l.draw(d.seed, d.count, 0)), d.last)
	d.count++
	d.scheduleTicket(d.last)
}

// scheduleTicket queues the completion of one operation: of the first that is
// under way by then, which keeps them in order.
func (d *Disk) scheduleTicket(at int64) {
	i, s := d.n.w.alloc(slotTicket)
	s.toNode, s.toInc = d.n.id, d.n.inc
	d.n.w.schedule(at, i)
}

// ticket completes the next operation, unless the disk is stalled.
func (d *Disk) ticket() {
	if d.stalled {
		d.owed++
		return
	}
	op := d.next()
	w := d.n.w
	f, data := d.apply(&op)
	if a := w.actors[op.actor]; a.alive {
		i := d.done(&op, f, data)
		w.slots[i].flags |= flagReserved
		w.arrive(a, i)
	}
}

// next takes the first operation under way. Room is reused once half is empty,
// so that each operation is moved at most once on average.
func (d *Disk) next() diskOp {
	assert(d.head < len(d.ops), "a ticket stands for an operation under way")
	op := d.ops[d.head]
	d.ops[d.head] = diskOp{}
	d.head++
	if d.head >= 32 && 2*d.head >= len(d.ops) {
		kept := copy(d.ops, d.ops[d.head:])
		clear(d.ops[kept:])
		d.ops, d.head = d.ops[:kept], 0
	}
	return op
}

// done returns a slot with the completion of an operation.
func (d *Disk) done(op *diskOp, f failure, data []byte) int32 {
	i, s := d.n.w.alloc(slotDisk)
	s.target, s.token, s.key, s.fail = op.actor, op.token, uint64(op.op), f
	b := &d.n.w.bodies[i]
	b.name = op.file
	if op.op == DiskRename {
		b.name = op.to
	}
	if data != nil {
		b.msg = data
	}
	return i
}

// apply gives an operation its effect.
func (d *Disk) apply(op *diskOp) (failure, []byte) {
	f := d.find(op.file)
	switch {
	case d.broken:
		return failDiskIO, nil
	case op.op == DiskAppend:
		return d.append(f, op), nil
	case f == nil:
		return failNoFile, nil
	case op.op == DiskSync:
		d.sync(f)
	case op.op == DiskRead:
		return failNone, append([]byte{}, f.data...)
	case op.op == DiskRename && op.to != op.file:
		if old := d.find(op.to); old != nil {
			d.remove(old)
		}
		f.name = op.to
		f.named = f.named || !d.lie
	case op.op == DiskRemove:
		d.remove(f)
	}
	return failNone, nil
}

// append writes all bytes or none.
func (d *Disk) append(f *file, op *diskOp) failure {
	if d.full || d.used+int64(len(op.data)) > d.n.cfg.DiskBytes {
		return failDiskFull
	}
	if f == nil {
		f = &file{name: op.file}
		d.files = append(d.files, f)
	}
	f.data = append(f.data, op.data...)
	d.used += int64(len(op.data))
	if op.sync {
		d.sync(f)
	}
	return failNone
}

func (d *Disk) sync(f *file) {
	assert(f.synced <= len(f.data), "what is durable was written")
	if !d.lie {
		f.synced, f.named = len(f.data), true
	}
}

func (d *Disk) find(name string) *file {
	for _, f := range d.files {
		if f.name == name {
			return f
		}
	}
	return nil
}

func (d *Disk) remove(f *file) {
	for i, g := range d.files {
		if f == g {
			d.files = append(d.files[:i], d.files[i+1:]...)
			d.used -= int64(len(f.data))
			assert(d.used >= 0, "a disk's bytes are counted")
			return
		}
	}
	assert(false, "a file that is removed exists")
}

// finishAll applies what is under way: the process ends, the machine does not.
func (d *Disk) finishAll() {
	for d.head < len(d.ops) {
		op := d.next()
		d.apply(&op)
	}
	d.owed, d.last = 0, 0
}

// crash leaves what is durable, and of the rest nothing, or after TearNext a
// seeded prefix.
func (d *Disk) crash() {
	if d.tear {
		d.writeUnderWay()
	}
	clear(d.ops)
	d.ops, d.head, d.owed, d.last = d.ops[:0], 0, 0, 0
	kept := d.files[:0]
	d.used = 0
	for _, f := range d.files {
		n := f.synced
		if d.tear {
			n += int(below(draw(d.seed, d.acts, drawTear), uint64(len(f.data)-n)+1))
			d.acts++
		}
		if n == 0 && !f.named {
			continue
		}
		f.data, f.synced, f.named = f.data[:n], n, true
		d.used += int64(n)
		kept = append(kept, f)
	}
	clear(d.files[len(kept):])
	d.files = kept
	d.tear = false
}

// writeUnderWay puts the appends under way into the cache, up to the first
// operation that is not about bytes, so that they can be torn too.
func (d *Disk) writeUnderWay() {
	for d.head < len(d.ops) {
		op := d.next()
		if op.op == DiskRename || op.op == DiskRemove {
			return
		}
		if op.op == DiskAppend {
			op.sync = false
			if !d.broken {
				d.append(d.find(op.file), &op)
			}
		}
	}
}
