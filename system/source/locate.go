package source

import (
	"context"
	"io/fs"
	"os"
)

// find opens the file in which reading goes on after a restart, or begins.
func (f *follower) find(ctx context.Context) bool {
	if !f.known {
		file, info, err := openRegular(f.path)
		if err != nil {
			f.complain("cannot open", err)
			return false
		}
		first := position{inode: inodeOf(info), mtime: info.ModTime().UnixNano()}
		if f.put(ctx, nil, first.encode()) != nil {
			file.Close()
			return false
		}
		f.open(file, first)
		return true
	}
	all, err := rotatedOf(f.real())
	if err != nil {
		f.complain("cannot list the folder of", err)
		return false
	}
	there, err := os.Stat(f.path)
	if err == nil && f.isMine(there) && f.resume(f.path) {
		return true
	}
	for i := len(all) - 1; i >= 0; i-- {
		if f.isMine(all[i].info) && f.resume(all[i].path) {
			return true
		}
	}
	if err != nil {
		f.complain("cannot look at", err)
		return false
	}
	return f.lost(ctx, all, f.isMine(there))
}

// isMine reports whether a file may be the one that was read, and not a copy.
func (f *follower) isMine(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && inodeOf(info) == f.at.inode
}

// resume opens a file if it has the bytes before the position.
func (f *follower) resume(path string) bool {
	file, info, err := openRegular(path)
	if err != nil {
		return false
	}
	if !f.at.holds(file, info.Size()) {
		file.Close()
		return false
	}
	at := f.at
	at.inode = inodeOf(info)
	f.open(file, at)
	return true
}

// changedSince is the oldest file that changed after what was read last did, and is no
// copy of it; last if that is the followed path.
func (f *follower) changedSince(all []rotated) (path string, last bool) {
	for i := range all {
		if inode := inodeOf(all[i].info); all[i].info.ModTime().UnixNano() <= f.at.mtime || inode == f.at.before && inode != 0 {
			continue
		}
		file, _, err := openRegular(all[i].path)
		if err != nil {
			continue
		}
		copied := f.at.beginsLike(file)
		file.Close()
		if !copied {
			return all[i].path, false
		}
	}
	return f.path, true
}

// missed goes over to a copy of what the open file had before it was truncated, if that
// was before anything was read of it.
func (f *follower) missed(ctx context.Context) bool {
	if f.at.offset > 0 {
		return false
	}
	info, err := f.file.Stat()
	if err != nil || info.ModTime().UnixNano() == f.at.mtime {
		return false
	}
	all, err := rotatedOf(f.real())
	if err != nil {
		return false
	}
	for i := range all {
		if os.SameFile(all[i].info, info) {
			all = all[:i] // it was renamed since: what comes after it has its turn
			break
		}
	}
	next, last := f.changedSince(all)
	return !last && f.change(ctx, next, "truncated")
}

// truncated handles that the open file is not what was read any more.
func (f *follower) truncated(ctx context.Context) bool {
	all, err := rotatedOf(f.real())
	if err != nil {
		f.complain("cannot list the folder of", err)
		return false
	}
	return f.lost(ctx, all, true)
}

// lost goes on when the file that was read is gone or has other content: in a copy of
// it if it was truncated in its place, else in the first that changed later.
func (f *follower) lost(ctx context.Context, all []rotated, inPlace bool) bool {
	if inPlace && f.at.tail > 0 {
		for i := len(all) - 1; i >= 0; i-- {
			if f.resume(all[i].path) {
				f.inPlace = true
				f.log.Info("truncated: goes on in its copy", "file", all[i].path, "read", f.at.offset)
				return true
			}
		}
	}
	next, _ := f.changedSince(all)
	if f.change(ctx, next, "truncated") {
		f.counts.gaps.Add(1)
		f.log.Warn("what was not read before is gone: lines may be lost")
		return true
	}
	return false
}
