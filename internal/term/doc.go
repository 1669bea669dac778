// Package term is a command's side of the terminal: its streams, the clock and the
// environment, the marks that decide its exit code, and how it counts things in words.
package term
