// Package source takes log lines in from the world outside for an emitter: files that
// grow and are rotated (Follow), a stream (Stream), and syslog (SyslogUDP, SyslogTCP).
//
// Each source writes into a Spool: files on disk, or memory (Buffer). What a spool
// holds is one stream of bytes, which the emitter reads like a file that only grows;
// with the bytes a spool keeps how far its source was read, in the same frame, so that
// after kill -9 a source goes on exactly where its spool ends. What the emitter needs no
// more is released. A full spool makes its source wait, or drop datagrams and count
// them.
//
// It is not deterministic: it has goroutines, clocks, files and sockets. It knows no
// actor; the command joins it to the emitter.
package source
