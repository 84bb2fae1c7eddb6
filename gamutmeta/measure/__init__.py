"""How close pictures are to the original: RMSE and PSNR, CIEDE2000, maps of errors. Knows no files and no torch."""
