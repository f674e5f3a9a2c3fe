package nodetest

import (
	"fmt"
	"slices"

	"weir/system/node"
)

// OpKind says what a disk operation does.
type OpKind uint8

// The disk operations.
const (
	OpAppend OpKind = iota
	OpRead
	OpRename
	OpRemove
	OpAwait
)

// String returns the operation's name.
func (k OpKind) String() string { return [...]string{"append", "read", "rename", "remove", "await"}[k] }

// Op is a disk operation that did not complete yet.
type Op struct {
	Token node.Token
	Actor string
	Kind  OpKind
	File  string
	To    string       // rename
	Data  []byte       // append
	Sync  bool         // append
	Work  func() error // await
}

type file struct {
	data   []byte
	synced int // how many of them are durable
}

type disk struct {
	files map[string]*file
	ops   []Op
}

// crash loses what is not synced and the operations that did not complete.
func (d *disk) crash() {
	d.ops = nil
	for name, f := range d.files {
		f.data = f.data[:f.synced]
		if f.synced == 0 {
			delete(d.files, name)
		}
	}
}

// Ops returns the disk operations that did not complete, oldest first.
func (n *Node) Ops() []Op { return slices.Clone(n.disk.ops) }

// Complete carries out the oldest disk operation that is open.
func (n *Node) Complete() {
	n.disk.complete(n)
	n.settle()
}

// CompleteAll carries out all disk operations that are open, and those that come
// of it, until none is left.
func (n *Node) CompleteAll() {
	for step := 0; len(n.disk.ops) > 0; step++ {
		if step > stepsMax {
			panic("nodetest: disk operations never end")
		}
		n.Complete()
	}
}

// FailDisk fails the oldest open disk operation. keep is how many bytes of an
// append reach the file all the same, un-synced; what an Await has done is done all
// the same if keep is above 0.
func (n *Node) FailDisk(err error, keep int) {
	op := n.disk.pop()
	if op.Kind == OpAppend && keep > 0 {
		f := n.disk.file(op.File)
		f.data = append(f.data, op.Data[:min(keep, len(op.Data))]...)
	}
	if op.Kind == OpAwait && keep > 0 {
		_ = op.Work() // nobody is told
	}
	n.post(op.Actor, node.Event{Kind: node.DiskDone, Token: op.Token, Err: err})
	n.settle()
}

// Tear crashes the node in the middle of its oldest open disk operation: if it is
// an append, the first keep bytes of it survive.
func (n *Node) Tear(keep int) {
	if len(n.disk.ops) > 0 && n.disk.ops[0].Kind == OpAppend && keep > 0 {
		op := n.disk.pop()
		f := n.disk.file(op.File)
		f.data = append(f.data, op.Data[:min(keep, len(op.Data))]...)
		f.synced = len(f.data)
	}
	n.Crash()
}

// File returns a file's content, nil if there is none.
func (n *Node) File(name string) []byte {
	if f := n.disk.files[name]; f != nil {
		return slices.Clone(f.data)
	}
	return nil
}

// SetFile gives a file a durable content; nil removes it.
func (n *Node) SetFile(name string, data []byte) {
	if data == nil {
		delete(n.disk.files, name)
		return
	}
	n.disk.files[name] = &file{data: slices.Clone(data), synced: len(data)}
}

func (d *disk) pop() Op {
	if len(d.ops) == 0 {
		panic("nodetest: no disk operation is open")
	}
	op := d.ops[0]
	d.ops = d.ops[1:]
	return op
}

func (d *disk) file(name string) *file {
	f := d.files[name]
	if f == nil {
		f = &file{}
		d.files[name] = f
	}
	return f
}

func (d *disk) completeAll(n *Node) {
	for len(d.ops) > 0 {
		d.complete(n)
	}
}

// complete carries out the oldest operation and posts its completion.
func (d *disk) complete(n *Node) {
	op := d.pop()
	ev := node.Event{Kind: node.DiskDone, Token: op.Token}
	switch op.Kind {
	case OpAppend:
		f := d.file(op.File)
		f.data = append(f.data, op.Data...)
		if op.Sync {
			f.synced = len(f.data)
		}
	case OpRead:
		ev.Data = n.File(op.File)
	case OpRename:
		if f := d.files[op.File]; f != nil {
			delete(d.files, op.File)
			d.files[op.To] = f
		} else {
			ev.Err = fmt.Errorf("rename %s: %w", op.File, node.ErrNoFile)
		}
	case OpRemove:
		delete(d.files, op.File)
	case OpAwait:
		ev.Err = op.Work()
	}
	n.post(op.Actor, ev)
}

// Await implements node.Waiter: the work is done when the test completes it, or not at
// all if it fails the operation (see FailDisk).
func (e *env) Await(file string, work func() error) node.Token {
	return diskOf{e.n, e.self.name}.add(Op{Kind: OpAwait, File: file, Work: work, Sync: true})
}

type diskOf struct {
	n     *Node
	actor string
}

func (d diskOf) add(op Op) node.Token {
	if !node.ValidName(op.File) || op.Kind == OpRename && !node.ValidName(op.To) {
		panic(fmt.Sprintf("nodetest: file names %q, %q", op.File, op.To))
	}
	d.n.token++
	op.Token, op.Actor = d.n.token, d.actor
	d.n.disk.ops = append(d.n.disk.ops, op)
	return op.Token
}

func (d diskOf) Append(file string, data []byte, sync bool) node.Token {
	return d.add(Op{Kind: OpAppend, File: file, Data: data, Sync: sync})
}
func (d diskOf) Read(file string) node.Token { return d.add(Op{Kind: OpRead, File: file}) }
func (d diskOf) Rename(from, to string) node.Token {
	return d.add(Op{Kind: OpRename, File: from, To: to})
}
func (d diskOf) Remove(file string) node.Token { return d.add(Op{Kind: OpRemove, File: file}) }
