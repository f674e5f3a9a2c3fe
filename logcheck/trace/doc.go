// Package trace tells the records of a run to a person: one line of plain words for each,
// filtered by time, node or packet. It judges nothing, keeps no more than a bounded table
// of recent messages in memory, and gives the same bytes for the same records, whether
// they come from a directory or from a run under way.
package trace
