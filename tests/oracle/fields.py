"""Members and truth for the scripts of this folder."""
import xarray as xr
from oracle import fp32


def draw(rng, members, nlat=12, nlon=9, digits=None):
    """Members [member, lat, lon] and truth [lat, lon] around 270, biased and too narrow; rounded, many of them are equal."""
    x = 270.0 + 4.0 * rng.standard_normal((members, nlat, nlon)) + 0.5
    y = 270.0 + 5.0 * rng.standard_normal((nlat, nlon))
    if digits is not None:
        x, y = x.round(digits), y.round(digits)
    return fp32(x), fp32(y)


def labelled(x, y):
    return xr.DataArray(x, dims=["member", "lat", "lon"]), xr.DataArray(y, dims=["lat", "lon"])
