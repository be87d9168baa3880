from django.urls import include, path
from rest_framework.routers import DefaultRouter

from .views import OrderStdViewSet, OrderV1ViewSet


def router(viewset, basename):
    urls = DefaultRouter()
    urls.register("orders", viewset, basename=basename)
    return urls.urls


urlpatterns = [
    path("api/v1/", include(router(OrderV1ViewSet, "order-v1"))),
    path("api/std/", include(router(OrderStdViewSet, "order-std"))),
]
