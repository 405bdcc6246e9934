// Checks what the server says about its log with a verifier that nobody here wrote: the packages note and tlog of the
// Go toolchain, which guard Go's own checksum database.
//
// The argument is a directory of what the server has answered: vkey, checkpoint, old (an older checkpoint), tile/…, and
// receipts under receipt/.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func require(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, what)
		os.Exit(1)
	}
}

// tiles reads tiles from files named as they are served.
type tiles struct{ directory string }

func (tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.directory, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// open returns the tree that a checkpoint is about.
func open(data []byte, verifiers note.Verifiers, what string) tlog.Tree {
	signed, err := note.Open(data, verifiers)
	check(err, what)
	lines := strings.Split(signed.Text, "\n")
	require(len(lines) == 4 && lines[3] == "", what+": not three lines")
	require(lines[0] == signed.Sigs[0].Name, what+": origin and key differ")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, what)
	root, err := tlog.ParseHash(lines[2])
	check(err, what)
	return tlog.Tree{N: size, Hash: root}
}

func read(path ...string) []byte {
	data, err := os.ReadFile(filepath.Join(path...))
	check(err, "reading")
	return data
}

// leaf makes the leaf of a decision from the salt and the record in its receipt.
func leaf(extra []byte) []byte {
	salt, record := extra[:32], extra[32:]
	commitment := sha256.Sum256(bytes.Join([][]byte{[]byte("hp-decision-v1"), salt, record}, nil))
	class, module := record[1:2], record[11:43]
	return bytes.Join([][]byte{{1}, class, module, commitment[:]}, nil)
}

// receipt checks one receipt against a tree that is proven from tiles alone.
func receipt(text []byte, verifiers note.Verifiers, newest tlog.Tree, reader tlog.HashReader) {
	head, checkpoint, _ := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	require(lines[0] == "c2sp.org/tlog-proof@v1", "receipt: unknown head")
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	check(err, "receipt: extra")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	check(err, "receipt: index")
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		check(err, "receipt: hash")
		proof = append(proof, hash)
	}
	tree := open([]byte(checkpoint), verifiers, "receipt: checkpoint")
	hash := tlog.RecordHash(leaf(extra))
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, hash), "receipt: inclusion")

	own, err := tlog.ProveRecord(newest.N, index, reader)
	check(err, "proving a record from tiles")
	check(tlog.CheckRecord(own, newest.N, newest.Hash, index, hash), "inclusion from tiles")

	extra[len(extra)-1] ^= 1
	altered := tlog.RecordHash(leaf(extra))
	require(tlog.CheckRecord(proof, tree.N, tree.Hash, index, altered) != nil, "an altered record is accepted")
}

func main() {
	directory := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(directory, "vkey"))))
	check(err, "vkey")
	verifiers := note.VerifierList(verifier)
	newest := open(read(directory, "checkpoint"), verifiers, "checkpoint")
	old := open(read(directory, "old"), verifiers, "old checkpoint")
	altered := bytes.Replace(read(directory, "checkpoint"), []byte("\n"+strconv.FormatInt(newest.N, 10)+"\n"), []byte("\n1\n"), 1)
	_, err = note.Open(altered, verifiers)
	require(err != nil, "an altered checkpoint is accepted")

	reader := tlog.TileHashReader(newest, tiles{directory})
	proof, err := tlog.ProveTree(newest.N, old.N, reader)
	check(err, "proving a tree")
	check(tlog.CheckTree(proof, newest.N, newest.Hash, old.N, old.Hash), "consistency")

	receipts, err := filepath.Glob(filepath.Join(directory, "receipt", "*"))
	check(err, "receipts")
	for _, path := range receipts {
		receipt(read(path), verifiers, newest, reader)
	}
	fmt.Printf("%d receipts, a tree of %d that begins with one of %d\n", len(receipts), newest.N, old.N)
}
