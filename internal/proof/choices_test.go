package proof_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
)

// choices turns bytes into decisions, one byte each. Zero, and what comes after
// the last byte, decides for what is usual. So pods can be made from a seed as
// well as from a fuzzer's input, and a pod is shrunk by taking bytes away.
type choices struct {
	data []byte
	odds odds
	// left counts the odd choices before the single one, where there is but one.
	left int
}

// odds say how often a choice is odd.
type odds int

const (
	usual  odds = iota
	high        // three times as often
	single      // just once in a pod
)

// choicesOf reads the odds from the first bytes.
func choicesOf(data []byte) *choices {
	c := &choices{data: data}
	switch c.below(8) {
	case 5:
		c.odds = high
	case 6, 7:
		c.odds, c.left = single, c.below(256)
	}
	return c
}

// seeded gives the bytes of the i-th pod of a seed.
func seeded(seed, i uint64) []byte {
	random := rand.New(rand.NewPCG(seed, i))
	out := make([]byte, 640)
	for j := 0; j < len(out); j += 8 {
		bits := random.Uint64()
		for k := range 8 {
			out[j+k] = byte(bits >> (8 * k))
		}
	}
	return out
}

// below gives a number from 0 to n-1; n is 256 at most.
func (c *choices) below(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return int(b) % n
}

// odd is true about once in n times, n being 3 to 256.
func (c *choices) odd(n int) bool {
	switch c.odds {
	case single:
		c.left--
		return c.left == -1
	case high:
		n = max(3, n/3)
	}
	return c.below(n) == n-1
}

// pick gives one of the values; the first is the usual one.
func pick[T any](c *choices, from ...T) T { return from[c.below(len(from))] }

// perhaps gives a pointer to one of the values, or none.
func perhaps[T any](c *choices, from ...T) *T {
	if i := c.below(len(from) + 1); i < len(from) {
		return &from[i]
	}
	return nil
}

// shrink makes the bytes of a pod fewer and smaller while it still does.
func shrink(data []byte, still func([]byte) bool) []byte {
	for size := len(data) / 2; size > 0; size /= 2 {
		for at := 0; at < len(data); at += size {
			end := min(at+size, len(data))
			for _, less := range [][]byte{
				slices.Concat(data[:at], data[end:]),
				slices.Concat(data[:at], make([]byte, end-at), data[end:]),
			} {
				if !bytes.Equal(less, data) && still(less) {
					data = less
					break
				}
			}
		}
	}
	for len(data) > 0 && data[len(data)-1] == 0 {
		data = data[:len(data)-1]
	}
	return data
}
