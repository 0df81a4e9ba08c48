"""The papers of docs/ for customers and sellers as pages: which ones (papers), how (rendering), where (views)."""
